import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { fail } from "../../errors.ts";
import { tables, textOf } from "../engine-tables.ts";
import type { LoadPlan, PlannedColumn } from "../load-plan.ts";
import { defaultMessage } from "../reject-messages.ts";
import { rejectInvalidValues, validatedRows, validity } from "./column-checks.ts";
import { castToKey, isSurrogateKey } from "./column-rules.ts";
import { embedded, reasonOf } from "./expressions.ts";

/**
 * Aggregates the valid typed rows of each group into one candidate row, and validates the aggregates as values of their
 * columns. A group with a rejected row is rejected as a whole.
 *
 * @returns how many rows were folded into others
 * @throws MAPPING_EXPRESSION_FAILED
 */
export async function collapse(engine: Engine, plan: LoadPlan): Promise<number> {
  await rejectIncompleteGroups(engine, plan, tables.typedRow);
  const aggregated = plan.columns.filter(({ aggregate }) => aggregate !== undefined);
  const grouping = plan.columns.filter(({ aggregate }) => aggregate === undefined);
  const names = grouping.map(({ input }) => quoteIdentifier(input));
  await createCollapseMembers(engine, plan, aggregated);
  await aggregateGroups(engine, aggregated, names);
  // Counted now: an aggregate that is rejected takes a row out of the members.
  const folded = await engine.count(`
    SELECT (SELECT count(*) FROM ${tables.collapseMember}) - (SELECT count(*) FROM ${tables.collapsedGroup})
  `);
  const validated = aggregated.map((column) => ({
    column,
    optional: false,
    collapsing: false,
    failable: false,
  }));
  await engine.run(`
    CREATE TABLE ${tables.collapsedRow} AS
    ${validatedRows(`FROM ${tables.collapsedGroup}`, validated, ["_seq", ...names])}
  `);
  await engine.run(`
    DROP VIEW ${tables.collapseMember};
    DROP TABLE ${tables.collapsedGroup};
    DROP VIEW ${tables.typedRow};
    DROP TABLE ${tables.typedRowBase}
  `);
  await rejectInvalidValues(engine, tables.collapsedRow, validated);
  const columns = plan.columns.map((column) => {
    const name = quoteIdentifier(column.input);
    return isSurrogateKey(column) ? `${castToKey(name, column.reference)} AS ${name}` : name;
  });
  await engine.run(`
    CREATE VIEW ${tables.candidateRow} AS
    SELECT _seq, ${columns.join(", ")}, ${validity(validated)} AS _valid FROM ${tables.collapsedRow}
  `);
  return folded;
}

/** Rejects the valid rows of a relation that share their grain with a row that is invalid or rejected. */
export async function rejectIncompleteGroups(
  engine: Engine,
  plan: LoadPlan,
  relation: string,
): Promise<void> {
  const grain = plan.columns.filter(({ inGrain }) => inGrain);
  const names = grain.map(({ input }) => quoteIdentifier(input));
  const same = names.map((name) => `complete.${name} IS NOT DISTINCT FROM incomplete.${name}`);
  const unknown = ["filter", ...grain.map(({ input }) => input)].map(quoteLiteral);
  await engine.run(`
    INSERT INTO ${tables.rejectReason}
    WITH incomplete AS (
      SELECT DISTINCT ${names.join(", ")}
      FROM ${relation}
      SEMI JOIN ${tables.rejectReason} USING (_seq)
      ANTI JOIN (
        FROM ${tables.rejectReason} WHERE "column" IN (${unknown.join(", ")}) AND _seq IS NOT NULL
      ) AS without_grain USING (_seq)
    )
    SELECT _seq, NULL, NULL, 0, '', 'GROUP_INCOMPLETE', concat_ws(', ', ${names.join(", ")}),
      ${quoteLiteral(defaultMessage("GROUP_INCOMPLETE"))}
    FROM ${relation} AS complete
    SEMI JOIN incomplete ON ${same.join(" AND ")}
    ANTI JOIN ${tables.rejectReason} USING (_seq)
    WHERE _valid
  `);
}

async function createCollapseMembers(
  engine: Engine,
  plan: LoadPlan,
  aggregated: readonly PlannedColumn[],
): Promise<void> {
  const aggregates = aggregated.map(({ aggregate }) => aggregate).join("\n");
  // If one of them reads a place, the source was read as a whole.
  const places = /_(file|record)\b/i.test(aggregates)
    ? `JOIN (SELECT _seq, _file, _record FROM ${tables.input}) AS place USING (_seq)`
    : "";
  const texts = plan.columns
    .filter(isSurrogateKey)
    .map(({ input }) => `CAST(${quoteIdentifier(input)} AS VARCHAR) AS ${quoteIdentifier(input)}`);
  const readable = texts.length === 0 ? "*" : `* REPLACE (${texts.join(", ")})`;
  await engine.run(`
    CREATE VIEW ${tables.collapseMember} AS
    SELECT ${readable}
    FROM ${tables.typedRow} ${places}
    ANTI JOIN ${tables.rejectReason} USING (_seq)
    WHERE _valid
  `);
}

async function aggregateGroups(
  engine: Engine,
  aggregated: readonly PlannedColumn[],
  grouping: readonly string[],
): Promise<void> {
  const groups = (columns: readonly PlannedColumn[]) => `
    SELECT min(_seq) AS _seq, ${[...grouping, ...columns.map(aggregateSql)].join(", ")}
    FROM (FROM ${tables.collapseMember} ORDER BY _seq)
    GROUP BY ${grouping.join(", ")}
  `;
  // With one thread, aggregates such as first() and mode() see the rows of a group in their order. Otherwise loading a file
  // again could change rows.
  const threads = await engine.count("SELECT current_setting('threads')");
  await engine.run("SET threads = 1");
  try {
    await engine.run(`CREATE TABLE ${tables.collapsedGroup} AS ${groups(aggregated)}`);
  } catch (error) {
    for (const column of aggregated) {
      await engine.run(`SELECT count(${textOf(column.input)}) FROM (${groups([column])})`).catch((cause) => {
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
