import { quoteIdentifier } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { noDuplicates, type ValidationCounts } from "../counts.ts";
import type { DuplicatePolicy } from "../duplicate-policy.ts";
import { tables } from "../engine-tables.ts";
import type { LoadPlan } from "../load-plan.ts";
import { Intake } from "../source/intake.ts";
import type { ScannedFile } from "../source/scanned-file.ts";
import { rejectCheckViolations } from "./check-constraints.ts";
import { collapse, rejectIncompleteGroups } from "./collapse.ts";
import { surrogateKeyRows } from "./dimension-keys.ts";
import { resolveDuplicates } from "./duplicates.ts";
import type { CheckedPlan } from "./expressions.ts";
import { createAddedKeys, createDimensionRows } from "./missing-keys.ts";
import { explainNearKeys } from "./near-keys.ts";
import { rejectOverlappingWindows } from "./price-windows.ts";
import { createTypedRows, type KeyOptions } from "./typed-rows.ts";

export interface ValidationOptions extends KeyOptions {
  readonly onDuplicate: DuplicatePolicy;
}

/**
 * Reads the records and makes of them the rows to be published: `accepted_row`, no grain twice. The others are rejected:
 * `reject_reason` has every reason, and `source_record` their records.
 *
 * @param sources the files, and the names of their columns
 * @throws MAPPING_EXPRESSION_FAILED, MAPPING_MEMORY_EXCEEDED; INTERNAL when a file changes meanwhile
 */
export async function validateRows(
  engine: Engine,
  { plan, checked }: { readonly plan: LoadPlan; readonly checked: CheckedPlan },
  { files, columns }: { readonly files: readonly ScannedFile[]; readonly columns: readonly string[] },
  { onDuplicate, ...keyOptions }: ValidationOptions,
): Promise<ValidationCounts> {
  const sourceRows = files.reduce((sum, { records }) => sum + records, 0);
  const sources = new Intake(engine, files, columns);
  await createAddedKeys(engine);
  await createTypedRows(engine, plan, checked, sources, keyOptions);
  await explainNearKeys(engine, plan);
  const kept = await engine.count(`SELECT count(_valid) FROM ${tables.typedRow}`);
  const read = sources.faulty + kept;
  const collapsed = plan.collapse ? await collapse(engine, plan) : await createCandidates(engine, plan);
  await rejectCheckViolations(engine, plan, tables.candidateRow);
  if (onDuplicate === "sum") await rejectIncompleteGroups(engine, plan, tables.candidateRow);
  await createValidRows(engine, plan);
  const resolved = await resolveDuplicates(engine, plan, onDuplicate);
  const duplicates = { ...noDuplicates, collapse: collapsed, ...resolved };
  await rejectOverlappingWindows(engine, plan, keyOptions.keys);
  await createAcceptedRows(engine, plan);
  await sources.fetchRejected();
  return {
    source_rows: sourceRows,
    filtered: sourceRows - read,
    read,
    duplicates: Object.values(duplicates).reduce((sum, rows) => sum + rows, 0),
    duplicates_by: duplicates,
    created: await createDimensionRows(engine, plan),
  };
}

const namesOf = (plan: LoadPlan) => plan.columns.map(({ input }) => quoteIdentifier(input)).join(", ");

/** Without a collapse, every typed row is a candidate. @returns how many rows were folded into others: none */
async function createCandidates(engine: Engine, plan: LoadPlan): Promise<number> {
  await engine.run(`
    CREATE VIEW ${tables.candidateRow} AS
    SELECT _seq, ${namesOf(plan)}, _valid FROM ${tables.typedRow} WHERE _valid IS NOT NULL
  `);
  return 0;
}

/** Makes views of the valid rows: rows that later steps reject, or find to be duplicates, disappear from them. */
async function createValidRows(engine: Engine, plan: LoadPlan): Promise<void> {
  await engine.run(`CREATE TABLE ${tables.duplicateRow} (_seq BIGINT)`);
  await engine.run(`
    CREATE VIEW ${tables.validCandidate} AS
    SELECT _seq, ${namesOf(plan)}
    FROM ${tables.candidateRow}
    ANTI JOIN ${tables.rejectReason} USING (_seq)
    ANTI JOIN ${tables.duplicateRow} USING (_seq)
    WHERE _valid
  `);
  await engine.run(`CREATE VIEW ${tables.validRow} AS FROM ${tables.validCandidate}`);
}

/** Makes the accepted rows of the valid ones: a table if rows were left out, else a view of all candidates. */
async function createAcceptedRows(engine: Engine, plan: LoadPlan): Promise<void> {
  const leftOut = await engine.count(`
    SELECT (SELECT count(_seq) FROM ${tables.rejectReason}) + (SELECT count(*) FROM ${tables.duplicateRow})
  `);
  if (leftOut === 0) {
    const all = surrogateKeyRows(plan, `FROM ${tables.candidateRow} WHERE _valid`);
    await engine.run(`CREATE VIEW ${tables.acceptedRow} AS ${all}`);
    return;
  }
  await engine.run(
    `CREATE TABLE ${tables.acceptedRow} AS ${surrogateKeyRows(plan, `FROM ${tables.validRow}`)}`,
  );
  await engine.run(`
    DROP VIEW ${tables.validRow};
    DROP VIEW ${tables.validCandidate};
    DROP VIEW ${tables.candidateRow}
  `);
  await engine.run(`
    DROP TABLE IF EXISTS ${tables.typedRowBase};
    DROP TABLE IF EXISTS ${tables.collapsedRow};
    DROP TABLE IF EXISTS ${tables.summedRow}
  `);
}
