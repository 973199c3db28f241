import { quoteIdentifier, quoteLiteral } from "../database/identifiers.ts";
import { fail } from "../errors.ts";
import type { Engine } from "./engine.ts";
import { embedded, reasonOf } from "./expression.ts";
import { defaultMessage } from "./messages.ts";
import type { LoadPlan, PlannedColumn } from "./plan.ts";
import { faultOf, textOf } from "./rules.ts";
import { recordFaults, validation } from "./validate.ts";

/**
 * Folds the rows of `keyed` that have no fault into one a group, in the table `candidate`, and checks what comes out as
 * the column's own. A group of which a row is rejected is rejected as a whole.
 *
 * @returns how many rows were folded into others
 * @throws MAPPING_EXPRESSION_FAILED
 */
export async function collapse(engine: Engine, plan: LoadPlan): Promise<number> {
  await rejectIncompleteGroups(engine, plan);
  const aggregated = plan.columns.filter(({ aggregate }) => aggregate !== undefined);
  const common = plan.columns.filter(({ aggregate }) => aggregate === undefined).flatMap(namesOf);
  await createFoldable(engine, aggregated);
  await fold(engine, aggregated, common);
  // Counted now: a fault of what comes out takes a row from foldable.
  const folded = await engine.count("SELECT (SELECT count(*) FROM foldable) - (SELECT count(*) FROM folded)");
  const validated = aggregated.map((column) => ({
    column,
    optional: false,
    collapsing: false,
    failable: false,
  }));
  await engine.run(`CREATE TABLE candidate AS ${validation("folded", validated, common)}`);
  await recordFaults(engine, "candidate", validated);
  return folded;
}

/** The names of a column in `keyed`: the table's, and beside an id that of its natural key. */
const namesOf = ({ column, input }: PlannedColumn) => [...new Set([column, input])].map(quoteIdentifier);

async function rejectIncompleteGroups(engine: Engine, plan: LoadPlan): Promise<void> {
  const grain = plan.columns.filter(({ inGrain }) => inGrain);
  const whole = grain.map(({ input }) => `${faultOf(input)} IS NULL`);
  const same = grain.map(
    ({ column }) => `keyed.${quoteIdentifier(column)} IS NOT DISTINCT FROM broken.${quoteIdentifier(column)}`,
  );
  const shown = grain.map(({ input }) => quoteIdentifier(input));
  await engine.run(`
    INSERT INTO fault
    WITH broken AS (
      SELECT DISTINCT ${grain.map(({ column }) => quoteIdentifier(column)).join(", ")}
      FROM keyed SEMI JOIN fault ON keyed._seq = fault.seq
      WHERE ${whole.join(" AND ")}
    )
    SELECT _seq, NULL, NULL, 0, '', 'GROUP_INCOMPLETE', concat_ws(', ', ${shown.join(", ")}),
      ${quoteLiteral(defaultMessage("GROUP_INCOMPLETE"))}
    FROM keyed SEMI JOIN broken ON ${same.join(" AND ")}
    WHERE ${whole.join(" AND ")} AND _seq NOT IN (SELECT seq FROM fault WHERE seq IS NOT NULL)
  `);
}

async function createFoldable(engine: Engine, aggregated: readonly PlannedColumn[]): Promise<void> {
  const spoken = aggregated.map(({ aggregate }) => aggregate).join("\n");
  const places = /_(file|record)\b/i.test(spoken) ? "JOIN place USING (_seq)" : "";
  await engine.run(`
    CREATE VIEW foldable AS
    SELECT * FROM (SELECT * FROM keyed ANTI JOIN fault ON keyed._seq = fault.seq) ${places}
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
