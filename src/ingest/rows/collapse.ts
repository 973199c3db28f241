import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { fail } from "../../errors.ts";
import type { LoadPlan, PlannedColumn } from "../load-plan.ts";
import { defaultMessage } from "../reject-messages.ts";
import { recordFaults, soundness, validation } from "./column-checks.ts";
import { asKey, isLookedUp, textOf } from "./column-rules.ts";
import { embedded, reasonOf } from "./expressions.ts";

/**
 * Folds the sound rows of `keyed` into one a group, in the view `candidate`, and checks what comes out as the column's own.
 * A group of which a row is rejected is rejected as a whole.
 *
 * @returns how many rows were folded into others
 * @throws MAPPING_EXPRESSION_FAILED
 */
export async function collapse(engine: Engine, plan: LoadPlan): Promise<number> {
  await rejectIncompleteGroups(engine, plan, "keyed");
  const aggregated = plan.columns.filter(({ aggregate }) => aggregate !== undefined);
  const common = plan.columns.filter(({ aggregate }) => aggregate === undefined);
  const names = common.map(({ input }) => quoteIdentifier(input));
  await createFoldable(engine, plan, aggregated);
  await fold(engine, aggregated, names);
  // Counted now: a fault of what comes out takes a row from foldable.
  const folded = await engine.count("SELECT (SELECT count(*) FROM foldable) - (SELECT count(*) FROM folded)");
  const validated = aggregated.map((column) => ({
    column,
    optional: false,
    collapsing: false,
    failable: false,
  }));
  await engine.run(`CREATE TABLE collapsed AS ${validation("FROM folded", validated, ["_seq", ...names])}`);
  await engine.run("DROP VIEW foldable; DROP TABLE folded; DROP VIEW keyed; DROP TABLE looked");
  await recordFaults(engine, "collapsed", validated);
  const columns = plan.columns.map((column) => {
    const name = quoteIdentifier(column.input);
    return isLookedUp(column) ? `${asKey(name, column.reference)} AS ${name}` : name;
  });
  await engine.run(`
    CREATE VIEW candidate AS
    SELECT _seq, ${columns.join(", ")}, ${soundness(validated)} AS _sound FROM collapsed
  `);
  return folded;
}

/** Rejects the sound rows of a relation that share their grain with one that is not, or that `fault` names. */
export async function rejectIncompleteGroups(
  engine: Engine,
  plan: LoadPlan,
  relation: string,
): Promise<void> {
  const grain = plan.columns.filter(({ inGrain }) => inGrain);
  const names = grain.map(({ input }) => quoteIdentifier(input));
  const same = names.map((name) => `whole.${name} IS NOT DISTINCT FROM broken.${name}`);
  const unknown = ["filter", ...grain.map(({ input }) => input)].map(quoteLiteral);
  await engine.run(`
    INSERT INTO fault
    WITH broken AS (
      SELECT DISTINCT ${names.join(", ")}
      FROM ${relation}
      SEMI JOIN fault ON ${relation}._seq = fault.seq
      ANTI JOIN (FROM fault WHERE "column" IN (${unknown.join(", ")}) AND seq IS NOT NULL) AS grainless
        ON ${relation}._seq = grainless.seq
    )
    SELECT _seq, NULL, NULL, 0, '', 'GROUP_INCOMPLETE', concat_ws(', ', ${names.join(", ")}),
      ${quoteLiteral(defaultMessage("GROUP_INCOMPLETE"))}
    FROM ${relation} AS whole
    SEMI JOIN broken ON ${same.join(" AND ")}
    ANTI JOIN fault ON whole._seq = fault.seq
    WHERE _sound
  `);
}

async function createFoldable(
  engine: Engine,
  plan: LoadPlan,
  aggregated: readonly PlannedColumn[],
): Promise<void> {
  const spoken = aggregated.map(({ aggregate }) => aggregate).join("\n");
  // Asked for places, the source is there as a whole.
  const places = /_(file|record)\b/i.test(spoken)
    ? "JOIN (SELECT _seq, _file, _record FROM input) AS place USING (_seq)"
    : "";
  const texts = plan.columns
    .filter(isLookedUp)
    .map(({ input }) => `CAST(${quoteIdentifier(input)} AS VARCHAR) AS ${quoteIdentifier(input)}`);
  const readable = texts.length === 0 ? "*" : `* REPLACE (${texts.join(", ")})`;
  await engine.run(`
    CREATE VIEW foldable AS
    SELECT ${readable} FROM keyed ${places} ANTI JOIN fault ON keyed._seq = fault.seq WHERE _sound
  `);
}

async function fold(
  engine: Engine,
  aggregated: readonly PlannedColumn[],
  common: readonly string[],
): Promise<void> {
  const folding = (columns: readonly PlannedColumn[]) => `
    SELECT min(_seq) AS _seq, ${[...common, ...columns.map(aggregateSql)].join(", ")}
    FROM (FROM foldable ORDER BY _seq)
    GROUP BY ${common.join(", ")}
  `;
  // With one thread, aggregates such as first() and mode() see the rows of a group in their order: loading a file again
  // must not change rows.
  const threads = await engine.count("SELECT current_setting('threads')");
  await engine.run("SET threads = 1");
  try {
    await engine.run(`CREATE TABLE folded AS ${folding(aggregated)}`);
  } catch (error) {
    for (const column of aggregated) {
      await engine.run(`SELECT count(${textOf(column.input)}) FROM (${folding([column])})`).catch((cause) => {
        throw fail(
          "MAPPING_EXPRESSION_FAILED",
          { column: `collapse.${column.input}`, problem: reasonOf(cause) },
          cause,
        );
      });
    }
    throw error;
  } finally {
    await engine.run(`SET threads = ${threads}`);
  }
}

const aggregateSql = ({ aggregate = "", input }: PlannedColumn) =>
  `nullif(CAST(${embedded(aggregate)} AS VARCHAR), '') AS ${textOf(input)}`;
