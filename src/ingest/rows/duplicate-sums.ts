import { quoteIdentifier } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import type { LoadPlan, PlannedColumn } from "../load-plan.ts";
import { applyChecks } from "./check-constraints.ts";
import { recordFaults, validation } from "./column-checks.ts";
import { textOf } from "./column-rules.ts";

/**
 * Sums up the rows of each grain of `twin` that differ: rows that are equal count once, measures add up, their ratio follows,
 * and every other column is that of the last row. The sums replace their rows in `fit`; where one is no value for its
 * column, or breaks a CHECK, all rows of the grain are rejected.
 *
 * @returns how many rows were folded into others
 */
export async function sumDuplicates(engine: Engine, plan: LoadPlan): Promise<number> {
  const { measures, ratio } = plan.contract.additive ?? { measures: [] };
  const isMade = ({ input }: PlannedColumn) => measures.includes(input) || input === ratio?.column;
  const made = plan.columns.filter(isMade);
  const kept = plan.columns.filter((column) => !isMade(column)).map(({ input }) => quoteIdentifier(input));
  const names = plan.columns.map(({ input }) => quoteIdentifier(input));
  const sums = plan.columns.map(({ input }) => {
    const name = quoteIdentifier(input);
    return measures.includes(input)
      ? `sum(${name}) AS ${name}`
      : `last(${name} ORDER BY last_alike) AS ${name}`;
  });
  const texts = made.map(({ input }) => {
    const name = quoteIdentifier(input);
    return `CAST(${input === ratio?.column ? ratioSql(ratio) : name} AS VARCHAR) AS ${textOf(input)}`;
  });
  // A row for each row of the grain, so that each is rejected where the sum is.
  const members = `
    SELECT twin._seq, whole._first, ${[...kept.map((name) => `whole.${name}`), ...texts].join(", ")}
    FROM (SELECT _seq, first_of_all FROM twin WHERE first_other IS NOT NULL) AS twin
    JOIN (
      SELECT first_of_all AS _first, ${sums.join(", ")}
      FROM twin
      WHERE first_other IS NOT NULL AND _seq = last_alike
      GROUP BY first_of_all
    ) AS whole ON whole._first = twin.first_of_all`;
  const validated = made.map((column) => ({ column, optional: false, collapsing: false, failable: false }));
  await engine.run(`CREATE TABLE summed AS ${validation(members, validated, ["_seq", "_first", ...kept])}`);
  await recordFaults(engine, "summed", validated);
  await applyChecks(engine, plan, "summed");
  await engine.run("INSERT INTO repeated SELECT _seq FROM summed ANTI JOIN fault ON summed._seq = fault.seq");
  const sound = "FROM summed ANTI JOIN fault ON summed._seq = fault.seq";
  await engine.run(`
    CREATE OR REPLACE VIEW fit AS
    SELECT _seq, ${names.join(", ")} FROM single
    UNION ALL
    SELECT _seq, ${names.join(", ")} ${sound} WHERE _seq = _first
  `);
  return engine.count(`SELECT count(*) FILTER (WHERE _seq <> _first) ${sound}`);
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
