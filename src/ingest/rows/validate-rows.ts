import { quoteIdentifier } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import type { Created } from "../counts.ts";
import type { DuplicatePolicy } from "../duplicate-policy.ts";
import type { LoadPlan } from "../load-plan.ts";
import type { Prepared } from "../prepare.ts";
import { Intake } from "../source/intake.ts";
import type { ScannedFile } from "../source/scanned-file.ts";
import { applyChecks } from "./check-constraints.ts";
import { collapse, rejectIncompleteGroups } from "./collapse.ts";
import { withIds } from "./dimension-keys.ts";
import { findDuplicates } from "./duplicates.ts";
import { createNewKeys, createStubs } from "./missing-keys.ts";
import { rejectOverlaps } from "./price-windows.ts";
import { createKeyed, type MissingKeys } from "./typed-rows.ts";

/** What the checks made of the rows: counts of the identity. */
export interface Examined {
  readonly source_rows: number;
  readonly filtered: number;
  readonly read: number;
  readonly duplicates: number;
  /** Dimension rows to be created for what the rows refer to: they stand in `stub_store`, `stub_product`, `stub_calendar`. */
  readonly created: Created;
}

export interface ExamineOptions {
  readonly onDuplicate: DuplicatePolicy;
  /** Undefined: rows with keys that the dimensions lack are rejected. */
  readonly missing: MissingKeys | undefined;
}

/**
 * Reads, maps, types, looks up and compares the rows. Afterwards `accepted` has `_seq` and the planned columns of each row
 * that is fit for the table, no grain twice, and `fault` says what is wrong with the others, which are in `source`.
 *
 * @throws MAPPING_EXPRESSION_FAILED; INTERNAL when a file changes meanwhile
 */
export async function examineRows(
  engine: Engine,
  { layouts, plan, checked }: Prepared,
  files: readonly ScannedFile[],
  { onDuplicate, missing }: ExamineOptions,
): Promise<Examined> {
  const sourceRows = files.reduce((sum, { records }) => sum + records, 0);
  const sources = new Intake(engine, files, layouts[0]?.columns ?? []);
  await createNewKeys(engine);
  await createKeyed(engine, plan, checked, sources, missing);
  const kept = await engine.count("SELECT count(_sound) FROM keyed");
  const read = sources.faulty + kept;
  const folded = plan.collapse ? await collapse(engine, plan) : await createCandidate(engine, plan);
  await applyChecks(engine, plan, "candidate");
  if (onDuplicate === "sum") await rejectIncompleteGroups(engine, plan, "candidate");
  await createFit(engine, plan);
  const repeated = await findDuplicates(engine, plan, onDuplicate);
  await rejectOverlaps(engine, plan);
  await createAccepted(engine, plan);
  await sources.fetchRejected();
  return {
    source_rows: sourceRows,
    filtered: sourceRows - read,
    read,
    duplicates: folded + repeated,
    created: await createStubs(engine, plan),
  };
}

const namesOf = (plan: LoadPlan) => plan.columns.map(({ input }) => quoteIdentifier(input)).join(", ");

/** The view `candidate`: rows for the table, and whether they are sound so far. */
async function createCandidate(engine: Engine, plan: LoadPlan): Promise<number> {
  await engine.run(`
    CREATE VIEW candidate AS SELECT _seq, ${namesOf(plan)}, _sound FROM keyed WHERE _sound IS NOT NULL
  `);
  return 0;
}

/** The views `single` and `fit`: sound rows of `candidate` that are neither rejected nor `repeated`, as they are known by then. */
async function createFit(engine: Engine, plan: LoadPlan): Promise<void> {
  await engine.run("CREATE TABLE repeated (seq BIGINT)");
  await engine.run(`
    CREATE VIEW single AS
    SELECT _seq, ${namesOf(plan)}
    FROM candidate
    ANTI JOIN fault ON candidate._seq = fault.seq
    ANTI JOIN repeated ON candidate._seq = repeated.seq
    WHERE _sound
  `);
  await engine.run("CREATE VIEW fit AS FROM single");
}

/** Makes `accepted` of `fit`: a table where rows were left out, else a view of all that were read. */
async function createAccepted(engine: Engine, plan: LoadPlan): Promise<void> {
  const out = await engine.count("SELECT (SELECT count(seq) FROM fault) + (SELECT count(*) FROM repeated)");
  if (out === 0) {
    await engine.run(`CREATE VIEW accepted AS ${withIds(plan, "FROM candidate WHERE _sound")}`);
    return;
  }
  await engine.run(`CREATE TABLE accepted AS ${withIds(plan, "FROM fit")}`);
  await engine.run("DROP VIEW fit; DROP VIEW single; DROP VIEW candidate");
  await engine.run(
    "DROP TABLE IF EXISTS looked; DROP TABLE IF EXISTS collapsed; DROP TABLE IF EXISTS summed",
  );
}
