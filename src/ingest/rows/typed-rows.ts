import type { Client } from "../../database/connection.ts";
import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { fail } from "../../errors.ts";
import { keptByFilter, tables } from "../engine-tables.ts";
import { type LoadPlan, refersToPlaces } from "../load-plan.ts";
import type { Intake } from "../source/intake.ts";
import { numbered } from "../source/record-places.ts";
import { recordsOf } from "../source/source-columns.ts";
import { rejectInvalidValues, type ValidatedColumn, validatedRows, validity } from "./column-checks.ts";
import { createKeyTypes, type DimensionKeys, referencedKeySummary } from "./dimension-keys.ts";
import { type CheckedPlan, reasonOf } from "./expressions.ts";
import { failableInputs, mappedRows, valuesRead, windowedRows } from "./mapped-rows.ts";
import { addMissingKeys } from "./missing-keys.ts";

/**
 * Reads all records and makes the typed rows: one row per record, with values under the names of files and mappings, and
 * whether it is valid. What is wrong with the others is recorded as reject reasons.
 *
 * All rows are read once, straight from the files. Only those that are not valid are read again, for all that is wrong with
 * them.
 *
 * @throws MAPPING_EXPRESSION_FAILED
 */
export async function createTypedRows(
  engine: Engine,
  plan: LoadPlan,
  checked: CheckedPlan,
  sources: Intake,
  { keys, missing }: KeyOptions,
): Promise<void> {
  const typing = { ...typingOf(plan, checked), keys, missing };
  if (typing.from === "source") {
    await sources.insertAll(
      (relation, firstSeq) =>
        `INSERT INTO ${tables.sourceRecord} BY NAME SELECT * FROM ${numbered(relation, firstSeq)}`,
    );
  }
  try {
    await typeAllRows(engine, typing, sources, false);
    await typeWithMissingKeys(engine, typing, sources, false);
    await rejectInvalidRows(engine, typing, sources, false);
  } catch (error) {
    const canFail = plan.filter !== undefined || plan.columns.some(({ mapped }) => mapped);
    if (!canFail || !isExpressionFailure(error)) throw error;
    await typeAllRows(engine, typing, sources, true).catch((cause) =>
      nameFailing(engine, typing, sources, cause),
    );
    await typeWithMissingKeys(engine, typing, sources, true);
    await rejectInvalidRows(engine, typing, sources, true);
  }
}

export interface KeyOptions {
  readonly keys: DimensionKeys;
  /** Undefined: rows with keys that the dimensions lack are rejected. */
  readonly missing: MissingKeys | undefined;
}

/** Keys that a dimension lacks are added to the engine's copy of it, with ids of the warehouse; without a client, made-up ones. */
export interface MissingKeys {
  readonly client: Client | undefined;
}

/** How records become typed rows. */
interface Typing extends KeyOptions {
  readonly plan: LoadPlan;
  readonly checked: CheckedPlan;
  /** Straight from the files; or from `input`, with all records in DuckDB, if an expression needs more than its own record. */
  readonly from: "files" | "source";
  readonly windowed: boolean;
}

function typingOf(plan: LoadPlan, checked: CheckedPlan): Omit<Typing, keyof KeyOptions> {
  const windowed = [...checked.columns.values()].some((expression) => expression.windowed);
  return { plan, checked, windowed, from: windowed || refersToPlaces(plan) ? "source" : "files" };
}

async function typeAllRows(
  engine: Engine,
  typing: Typing,
  sources: Intake,
  tolerant: boolean,
): Promise<void> {
  const { plan, checked } = typing;
  const columns = validatedColumns(typing, tolerant);
  const values = plan.columns.map(({ input }) => quoteIdentifier(input));
  const valid = `
    CASE WHEN ${keptByFilter} IS NULL THEN false WHEN ${keptByFilter} THEN ${validity(columns)} END AS _valid`;
  const typed = (mapped: string, carried: readonly string[]) => `
    SELECT ${[...carried, ...values, valid].join(", ")}
    FROM (${validatedRows(mapped, columns, [...carried, keptByFilter])}) AS validated
  `;
  await engine.run(`
    DROP VIEW IF EXISTS ${tables.typedRow};
    DROP TABLE IF EXISTS ${tables.typedRowBase};
    DROP TABLE IF EXISTS ${tables.mappedRow}
  `);
  if (typing.windowed) {
    await engine.run(`CREATE TABLE ${tables.mappedRow} AS ${windowedRows(plan, checked, tolerant)}`);
  }
  if (typing.keys.incomplete) {
    await collectReferencedKeys(engine, typing, sources, tolerant);
    await typing.keys.fetchReferenced();
    await engine.run(`DROP TABLE ${tables.referencedKey}`);
  }
  await createKeyTypes(engine, plan);
  if (typing.from === "files") {
    const sql = (relation: string) =>
      typed(mappedRows(plan, checked, recordsOf(relation, sources.columns), { tolerant, carried: [] }), []);
    await engine.run(`CREATE TABLE ${tables.typedRowBase} AS ${sql(sources.emptyRelation)}`);
    await sources.insertAll((relation) => `INSERT INTO ${tables.typedRowBase} ${sql(relation)}`);
    // Nothing between the file and the table changes the order, so the number of a row need not be stored.
    await engine.run(`CREATE VIEW ${tables.typedRow} AS SELECT rowid AS _seq, * FROM ${tables.typedRowBase}`);
    return;
  }
  const mapped = mappedInput(typing, tolerant, tables.input);
  await engine.run(`CREATE TABLE ${tables.typedRowBase} AS ${typed(mapped, ["_seq"])}`);
  await engine.run(`CREATE VIEW ${tables.typedRow} AS FROM ${tables.typedRowBase}`);
}

/** Invalid rows may only lack keys of dimensions: adds these, and types all rows again. */
async function typeWithMissingKeys(
  engine: Engine,
  typing: Typing,
  sources: Intake,
  tolerant: boolean,
): Promise<void> {
  if (typing.missing === undefined) return;
  if ((await engine.count(`SELECT count(*) FROM ${tables.typedRow} WHERE NOT _valid`)) === 0) return;
  if (!(await collectReferencedKeys(engine, typing, sources, tolerant))) return;
  const added = await addMissingKeys(engine, typing.plan, typing.missing.client);
  await engine.run(`DROP TABLE ${tables.referencedKey}`);
  if (added > 0) await typeAllRows(engine, typing, sources, tolerant);
}

/** Makes `referenced_key`, which takes reading all records. @returns false if the table refers to no dimension */
async function collectReferencedKeys(
  engine: Engine,
  typing: Typing,
  sources: Intake,
  tolerant: boolean,
): Promise<boolean> {
  const { plan, checked } = typing;
  const summary = (records: string) =>
    referencedKeySummary(plan, mappedRows(plan, checked, records, { tolerant, carried: [] }));
  await engine.run(`DROP TABLE IF EXISTS ${tables.referencedKey}`);
  if (typing.from === "source") {
    const sql = referencedKeySummary(plan, mappedInput(typing, tolerant, tables.input));
    if (sql !== undefined) await engine.run(`CREATE TABLE ${tables.referencedKey} AS ${sql}`);
    return sql !== undefined;
  }
  const empty = summary(recordsOf(sources.emptyRelation, sources.columns));
  if (empty === undefined) return false;
  await engine.run(`CREATE TABLE ${tables.referencedKey} AS SELECT * FROM (${empty}) LIMIT 0`);
  await sources.insertSummaries(
    (records) => `INSERT INTO ${tables.referencedKey} ${summary(records)} RETURNING _records`,
  );
  return true;
}

/** Validates the invalid rows again, and records every reason to reject them. */
async function rejectInvalidRows(
  engine: Engine,
  typing: Typing,
  sources: Intake,
  tolerant: boolean,
): Promise<void> {
  await engine.run(`
    CREATE OR REPLACE TABLE ${tables.invalidRow} AS SELECT _seq FROM ${tables.typedRow} WHERE NOT _valid
  `);
  const invalid = await engine.count(`SELECT count(*) FROM ${tables.invalidRow}`);
  if (invalid > 0) {
    if (typing.from === "files") await sources.fetch(tables.invalidRow);
    const columns = validatedColumns(typing, tolerant);
    const mapped = mappedInput(
      typing,
      tolerant,
      `(FROM ${tables.input} SEMI JOIN ${tables.invalidRow} USING (_seq))`,
    );
    await engine.run(`
      CREATE OR REPLACE TABLE ${tables.revalidatedRow} AS
      ${validatedRows(mapped, columns, ["_seq", keptByFilter])}
    `);
    const found = await engine.count(`
      SELECT count(*) FROM ${tables.revalidatedRow} SEMI JOIN ${tables.invalidRow} USING (_seq)
      WHERE ${keptByFilter} IS NULL OR (${keptByFilter} AND NOT (${validity(columns)}))
    `);
    if (found !== invalid) {
      const reason = `${invalid} rows were invalid and ${found} are when they are read again; a file may have changed meanwhile`;
      throw fail("INTERNAL", { reason });
    }
    await rejectFilterFailures(engine, typing);
    await engine.run(`DELETE FROM ${tables.revalidatedRow} WHERE ${keptByFilter} IS NULL`);
    await rejectInvalidValues(engine, tables.revalidatedRow, columns);
    if (tolerant) await explainFailures(engine, typing);
    await engine.run(`DROP TABLE ${tables.revalidatedRow}`);
  }
  await engine.run(`DROP TABLE ${tables.invalidRow}; DROP TABLE IF EXISTS ${tables.mappedRow}`);
}

/** Rejects the rows that the filter fails for; nothing else is known of them. */
async function rejectFilterFailures(engine: Engine, { checked: { filter } }: Typing): Promise<void> {
  if (filter === undefined) return;
  await engine.run(`
    INSERT INTO ${tables.rejectReason}
    SELECT _seq, NULL, NULL, 0, 'filter', 'EXPRESSION_FAILED', ${valuesRead(filter)}, 'the mapping''s filter fails'
    FROM ${tables.input}
    SEMI JOIN (
      SELECT _seq FROM ${tables.revalidatedRow} WHERE ${keptByFilter} IS NULL
    ) AS undecided USING (_seq)
  `);
}

/** Adds DuckDB's reason to rejects whose expression fails: for the first values of each column, as TRY does not say it. */
async function explainFailures(engine: Engine, { checked }: Typing): Promise<void> {
  const expressions = new Map(checked.columns);
  if (checked.filter !== undefined) expressions.set("filter", checked.filter);
  for (const [column, { sql, tryable }] of expressions) {
    if (!tryable) continue;
    const failures = `code = 'EXPRESSION_FAILED' AND "column" = ${quoteLiteral(column)}`;
    const values = await engine.rows<{ first: number; value: string }>(`
      SELECT min(_seq) AS first, value FROM ${tables.rejectReason}
      WHERE ${failures} GROUP BY value ORDER BY first LIMIT ${maxExplained}
    `);
    for (const { first, value } of values) {
      const reason = await engine.run(`SELECT ${sql} FROM ${tables.input} WHERE _seq = ${first}`).then(
        () => undefined,
        (error) => (isExpressionFailure(error) ? reasonOf(error) : undefined),
      );
      if (reason === undefined) continue;
      await engine.run(`
        UPDATE ${tables.rejectReason}
        SET message = ${quoteLiteral(`the mapping's expression fails: ${reason}`)}
        WHERE ${failures} AND value = ${quoteLiteral(value)}
      `);
    }
  }
}

const maxExplained = 100;

/** SQL of the mapped rows of `input` or of a part of it. */
function mappedInput({ plan, checked, windowed }: Typing, tolerant: boolean, from: string): string {
  if (!windowed) return mappedRows(plan, checked, from, { tolerant, carried: ["_seq"] });
  const all = `FROM ${tables.mappedRow}`;
  return from === tables.input ? all : `${all} SEMI JOIN ${tables.invalidRow} USING (_seq)`;
}

function validatedColumns({ plan, checked }: Typing, tolerant: boolean): ValidatedColumn[] {
  const tolerated = tolerant ? failableInputs(plan, checked) : new Set();
  return plan.columns.map((column) => {
    const collapsing = column.aggregate !== undefined;
    return { column, collapsing, optional: collapsing, failable: tolerated.has(column.input) };
  });
}

/** DuckDB has no error codes; these classes are those of a function that cannot take a value. */
function isExpressionFailure(error: unknown): boolean {
  return error instanceof Error && /^(Conversion|Out of Range|Invalid Input) Error/.test(error.message);
}

/** An expression that cannot be tried row by row (a window function) fails the load: finds its column. */
async function nameFailing(engine: Engine, typing: Typing, sources: Intake, cause: unknown): Promise<never> {
  if (!isExpressionFailure(cause)) throw cause;
  const expressions = new Map(typing.checked.columns);
  if (typing.checked.filter !== undefined) expressions.set("filter", typing.checked.filter);
  for (const [column, { sql, tryable }] of expressions) {
    if (tryable) continue;
    try {
      for (const from of typing.from === "source" ? [tables.input] : sources.relations()) {
        await engine.run(`SELECT count(x) FROM (SELECT ${sql} AS x FROM ${from})`);
      }
    } catch (error) {
      throw fail("MAPPING_EXPRESSION_FAILED", { column, problem: reasonOf(error) }, error);
    }
  }
  throw cause;
}
