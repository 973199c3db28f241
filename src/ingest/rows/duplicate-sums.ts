import { quoteIdentifier } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { tables, textOf } from "../engine-tables.ts";
import type { LoadPlan, PlannedColumn } from "../load-plan.ts";
import { rejectCheckViolations } from "./check-constraints.ts";
import { rejectInvalidValues, validatedRows } from "./column-checks.ts";

/**
 * Sums the rows of each grain that several rows have: measures add up, their ratio follows, and every other column has its
 * value in the last row. Rows that are equal count each, because a sale may well happen twice. A sum replaces its rows among the valid rows. If it does not fit into
 * its column or violates a CHECK, all rows of the grain are rejected.
 *
 * @returns how many rows were folded into others
 */
export async function sumDuplicates(engine: Engine, plan: LoadPlan): Promise<number> {
  const { measures, ratio } = plan.contract.additive ?? { measures: [] };
  const isComputed = ({ input }: PlannedColumn) => measures.includes(input) || input === ratio?.column;
  const computed = plan.columns.filter(isComputed);
  const others = plan.columns
    .filter((column) => !isComputed(column))
    .map(({ input }) => quoteIdentifier(input));
  const names = plan.columns.map(({ input }) => quoteIdentifier(input));
  const sums = plan.columns.map(({ input }) => {
    const name = quoteIdentifier(input);
    return measures.includes(input) ? `sum(${name}) AS ${name}` : `last(${name} ORDER BY _seq) AS ${name}`;
  });
  const texts = computed.map(({ input }) => {
    const name = quoteIdentifier(input);
    return `CAST(${input === ratio?.column ? ratioSql(ratio) : name} AS VARCHAR) AS ${textOf(input)}`;
  });
  // Each row of a grain gets the sum, so that each is rejected when the sum is.
  const members = `
    SELECT member._seq, total._first, ${[...others.map((name) => `total.${name}`), ...texts].join(", ")}
    FROM (SELECT _seq, first_of_grain FROM ${tables.duplicateMember}) AS member
    JOIN (
      SELECT first_of_grain AS _first, ${sums.join(", ")}
      FROM ${tables.duplicateMember}
      GROUP BY first_of_grain
    ) AS total ON total._first = member.first_of_grain`;
  const validated = computed.map((column) => ({
    column,
    optional: false,
    collapsing: false,
    failable: false,
  }));
  await engine.run(`
    CREATE TABLE ${tables.summedRow} AS ${validatedRows(members, validated, ["_seq", "_first", ...others])}
  `);
  await rejectInvalidValues(engine, tables.summedRow, validated);
  await rejectCheckViolations(engine, plan, tables.summedRow);
  const valid = `FROM ${tables.summedRow} ANTI JOIN ${tables.rejectReason} USING (_seq)`;
  await engine.run(`INSERT INTO ${tables.duplicateRow} SELECT _seq ${valid}`);
  await engine.run(`
    CREATE OR REPLACE VIEW ${tables.validRow} AS
    SELECT _seq, ${names.join(", ")} FROM ${tables.validCandidate}
    UNION ALL
    SELECT _seq, ${names.join(", ")} ${valid} WHERE _seq = _first
  `);
  return engine.count(`SELECT count(*) FILTER (WHERE _seq <> _first) ${valid}`);
}

/** SQL of a quotient of sums to two places, halves away from zero; in whole hundredths, because division is not exact. */
function ratioSql({ column, of, per }: { column: string; of: string; per: string }): string {
  const [hundredths, divisor] = [`CAST(${of} * 100 AS HUGEINT)`, `CAST(${per} AS HUGEINT)`];
  const rounded = `(2 * abs(${hundredths}) + abs(${divisor})) // (2 * abs(${divisor}))`;
  const sign = `CASE WHEN (${of} < 0) <> (${per} < 0) THEN -1 ELSE 1 END`;
  return `
    CASE
      WHEN ${per} = 0 THEN CAST(${column} AS DECIMAL(32, 2))
      ELSE CAST(${sign} * ${rounded} AS DECIMAL(30, 0)) * CAST(0.01 AS DECIMAL(2, 2))
    END`;
}
