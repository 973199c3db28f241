import type { Client } from "../../database/connection.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { fail } from "../../errors.ts";
import { type LoadPlan, refersToPlaces } from "../load-plan.ts";
import type { Intake } from "../source/intake.ts";
import { numbered } from "../source/record-places.ts";
import { recordsOf } from "../source/source-columns.ts";
import { recordFaults, soundness, type ValidatedColumn, validation } from "./column-checks.ts";
import { createKeyTypes } from "./dimension-keys.ts";
import { type CheckedPlan, reasonOf } from "./expressions.ts";
import { failable, kept, mapping, spokenOf, windowedMapping } from "./mapped-rows.ts";
import { admitMissingKeys } from "./missing-keys.ts";

/**
 * Makes the view `keyed`: a row a source row under its `_seq`, with typed values under the names files and mappings give
 * them, natural keys of a dimension as its ENUM; and `_sound`: whether nothing is wrong with it, NULL where the filter
 * leaves it out. What is wrong is in `fault`.
 *
 * All rows are looked at once, straight from the files. Only those that something is wrong with are looked at again,
 * for all of it.
 *
 * @throws MAPPING_EXPRESSION_FAILED
 */
export async function createKeyed(
  engine: Engine,
  plan: LoadPlan,
  checked: CheckedPlan,
  sources: Intake,
  missing: MissingKeys | undefined,
): Promise<void> {
  const look = { ...lookOf(plan, checked), missing };
  if (look.from === "source") {
    await sources.insertAll(
      (relation, firstSeq) => `INSERT INTO source BY NAME SELECT * FROM ${numbered(relation, firstSeq)}`,
    );
  }
  try {
    await lookAtAll(engine, look, sources, false);
    await admitMissing(engine, look, sources, false);
    await lookAgain(engine, look, sources, false);
  } catch (error) {
    const canFail = plan.filter !== undefined || plan.columns.some(({ mapped }) => mapped);
    if (!canFail || !isExpressionFailure(error)) throw error;
    await lookAtAll(engine, look, sources, true).catch((cause) => nameFailing(engine, look, sources, cause));
    await admitMissing(engine, look, sources, true);
    await lookAgain(engine, look, sources, true);
  }
}

/** Keys that a dimension lacks are added to the engine's copy of it, with ids of the warehouse or, without client, made up. */
export interface MissingKeys {
  readonly client: Client | undefined;
}

/** How the rows of a load are looked at. */
interface Look {
  readonly plan: LoadPlan;
  readonly checked: CheckedPlan;
  /** Straight from the files; or from `source`, which then holds all records, where expressions ask for more than a row. */
  readonly from: "files" | "source";
  readonly windowed: boolean;
  readonly missing: MissingKeys | undefined;
}

function lookOf(plan: LoadPlan, checked: CheckedPlan): Omit<Look, "missing"> {
  const windowed = [...checked.columns.values()].some((expression) => expression.windowed);
  return { plan, checked, windowed, from: windowed || refersToPlaces(plan) ? "source" : "files" };
}

async function lookAtAll(engine: Engine, look: Look, sources: Intake, tolerant: boolean): Promise<void> {
  const { plan, checked } = look;
  const columns = validatedColumns(look, tolerant);
  const values = plan.columns.map(({ input }) => quoteIdentifier(input));
  const sound = `CASE WHEN ${kept} IS NULL THEN false WHEN ${kept} THEN ${soundness(columns)} END AS _sound`;
  const typed = (mapped: string, carried: readonly string[]) => `
    SELECT ${[...carried, ...values, sound].join(", ")}
    FROM (${validation(mapped, columns, [...carried, kept])}) AS validated
  `;
  await engine.run("DROP VIEW IF EXISTS keyed; DROP TABLE IF EXISTS looked; DROP TABLE IF EXISTS mapped");
  await createKeyTypes(engine, plan);
  if (look.from === "files") {
    const sql = (relation: string) =>
      typed(mapping(plan, checked, recordsOf(relation, sources.columns), { tolerant, carried: [] }), []);
    await engine.run(`CREATE TABLE looked AS ${sql(sources.emptyRelation)}`);
    await sources.insertAll((relation) => `INSERT INTO looked ${sql(relation)}`);
    // Nothing between the file and the table changes the order, so that a row's number need not be kept.
    await engine.run("CREATE VIEW keyed AS SELECT rowid AS _seq, * FROM looked");
    return;
  }
  if (look.windowed) await engine.run(`CREATE TABLE mapped AS ${windowedMapping(plan, checked, tolerant)}`);
  await engine.run(`CREATE TABLE looked AS ${typed(mappedRows(look, tolerant, "input"), ["_seq"])}`);
  await engine.run("CREATE VIEW keyed AS FROM looked");
}

/** Where rows are not sound it may be for keys that are missing: with these added, all rows are looked at once more. */
async function admitMissing(engine: Engine, look: Look, sources: Intake, tolerant: boolean): Promise<void> {
  if (look.missing === undefined) return;
  if ((await engine.count("SELECT count(*) FROM keyed WHERE NOT _sound")) === 0) return;
  const mapped =
    look.from === "source"
      ? [mappedRows(look, tolerant, "input")]
      : sources
          .relations()
          .map((relation) => mapping(look.plan, look.checked, relation, { tolerant, carried: [] }));
  const added = await admitMissingKeys(engine, look.plan, mapped, look.missing.client);
  if (added > 0) await lookAtAll(engine, look, sources, tolerant);
}

/** Finds every fault of the rows that are not sound. */
async function lookAgain(engine: Engine, look: Look, sources: Intake, tolerant: boolean): Promise<void> {
  await engine.run("CREATE OR REPLACE TABLE unsound AS SELECT _seq FROM keyed WHERE NOT _sound");
  const unsound = await engine.count("SELECT count(*) FROM unsound");
  if (unsound > 0) {
    if (look.from === "files") await sources.fetch("unsound");
    const columns = validatedColumns(look, tolerant);
    const mapped = mappedRows(look, tolerant, "(FROM input SEMI JOIN unsound USING (_seq))");
    await engine.run(`CREATE OR REPLACE TABLE faulty AS ${validation(mapped, columns, ["_seq", kept])}`);
    const found = await engine.count(`
      SELECT count(*) FROM faulty SEMI JOIN unsound USING (_seq)
      WHERE ${kept} IS NULL OR (${kept} AND NOT (${soundness(columns)}))
    `);
    if (found !== unsound) {
      const reason = `${unsound} rows were faulty and ${found} are at the second look; a file may have changed meanwhile`;
      throw fail("INTERNAL", { reason });
    }
    await recordFilterFaults(engine, look);
    await engine.run(`DELETE FROM faulty WHERE ${kept} IS NULL`);
    await recordFaults(engine, "faulty", columns);
    await engine.run("DROP TABLE faulty");
  }
  await engine.run("DROP TABLE unsound; DROP TABLE IF EXISTS mapped");
}

/** Rows the filter fails for: nothing else is known of them. */
async function recordFilterFaults(engine: Engine, { checked: { filter } }: Look): Promise<void> {
  if (filter === undefined) return;
  await engine.run(`
    INSERT INTO fault
    SELECT _seq, NULL, NULL, 0, 'filter', 'EXPRESSION_FAILED', ${spokenOf(filter)}, 'the mapping''s filter fails'
    FROM input SEMI JOIN (SELECT _seq FROM faulty WHERE ${kept} IS NULL) AS undecided USING (_seq)
  `);
}

/** SQL of the mapped rows of a part of `input`. */
function mappedRows({ plan, checked, windowed }: Look, tolerant: boolean, from: string): string {
  if (!windowed) return mapping(plan, checked, from, { tolerant, carried: ["_seq"] });
  return from === "input" ? "FROM mapped" : "FROM mapped SEMI JOIN unsound USING (_seq)";
}

function validatedColumns({ plan, checked }: Look, tolerant: boolean): ValidatedColumn[] {
  const tolerated = tolerant ? failable(plan, checked) : new Set();
  return plan.columns.map((column) => {
    const collapsing = column.aggregate !== undefined;
    return { column, collapsing, optional: collapsing, failable: tolerated.has(column.input) };
  });
}

/** DuckDB has no codes: these classes are what a function says of a value it cannot take. */
function isExpressionFailure(error: unknown): boolean {
  return error instanceof Error && /^(Conversion|Out of Range|Invalid Input) Error/.test(error.message);
}

/** An expression that cannot be tried row by row (a window function) fails the load: here it gets its name. */
async function nameFailing(engine: Engine, look: Look, sources: Intake, cause: unknown): Promise<never> {
  if (!isExpressionFailure(cause)) throw cause;
  const expressions = new Map(look.checked.columns);
  if (look.checked.filter !== undefined) expressions.set("filter", look.checked.filter);
  for (const [column, { sql, tryable }] of expressions) {
    if (tryable) continue;
    try {
      for (const from of look.from === "source" ? ["input"] : sources.relations()) {
        await engine.run(`SELECT count(x) FROM (SELECT ${sql} AS x FROM ${from})`);
      }
    } catch (error) {
      throw fail("MAPPING_EXPRESSION_FAILED", { column, problem: reasonOf(error) }, error);
    }
  }
  throw cause;
}
