import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import type { DuplicateCounts } from "../counts.ts";
import type { DuplicatePolicy } from "../duplicate-policy.ts";
import { tables } from "../engine-tables.ts";
import type { LoadPlan, PlannedColumn } from "../load-plan.ts";
import { placesOf } from "../source/record-places.ts";
import { sumDuplicates } from "./duplicate-sums.ts";

/**
 * Leaves at most one valid row per grain. Under the policy `sum` all rows of a grain are summed. Otherwise the first of rows
 * that are equal is kept, and for rows that differ the policy decides: one of them is kept, or all are rejected, each with the
 * place of the first that differs from it.
 *
 * @returns how many rows were folded into others, and why
 */
export async function resolveDuplicates(
  engine: Engine,
  plan: LoadPlan,
  policy: DuplicatePolicy,
): Promise<Partial<DuplicateCounts>> {
  if ((await createDuplicateGrains(engine, plan)) === 0) return {};
  await createDuplicateMembers(engine, plan);
  const folded =
    policy === "sum" ? { sum: await sumDuplicates(engine, plan) } : await keepOne(engine, policy);
  if (policy === "reject") await rejectDuplicates(engine, plan);
  await engine.run(`DROP TABLE ${tables.duplicateMember}; DROP TABLE ${tables.duplicateGrain}`);
  return folded;
}

/** Keeps one row of each grain whose rows are equal and, if the policy chooses one, of each grain whose rows differ. */
async function keepOne(
  engine: Engine,
  policy: Exclude<DuplicatePolicy, "sum">,
): Promise<Partial<DuplicateCounts>> {
  const kept = policy === "last" ? "last_of_grain" : "first_of_grain";
  const decided = policy === "reject" ? "first_different IS NULL" : "true";
  const folded = await engine.count(`
    INSERT INTO ${tables.duplicateRow}
    SELECT _seq FROM ${tables.duplicateMember} WHERE ${decided} AND _seq <> ${kept}
  `);
  const equal = await engine.count(`
    SELECT count(*) FROM ${tables.duplicateMember} WHERE ${decided} AND _seq <> first_equal
  `);
  return policy === "reject" ? { equal } : { equal, [policy]: folded - equal };
}

async function createDuplicateMembers(engine: Engine, plan: LoadPlan): Promise<void> {
  const grain = plan.columns.filter(({ inGrain }) => inGrain).map(quoted);
  const values = plan.columns.filter(({ inGrain }) => !inGrain).map(quoted);
  const same = grain.map((name) => `valid.${name} IS NOT DISTINCT FROM duplicate.${name}`);
  await engine.run(`
    CREATE TABLE ${tables.duplicateMember} AS
    WITH equal AS (
      SELECT *, min(_seq) OVER equals AS first_equal
      FROM (
        SELECT valid.*
        FROM ${tables.validRow} AS valid
        SEMI JOIN ${tables.duplicateGrain} AS duplicate ON ${same.join(" AND ")}
      ) AS member
      WINDOW equals AS (PARTITION BY ${[...grain, ...values].join(", ")})
    ), compared AS (
      SELECT *, min(_seq) OVER grain AS first_of_grain, max(_seq) OVER grain AS last_of_grain
      FROM equal
      WINDOW grain AS (PARTITION BY ${grain.join(", ")})
    )
    SELECT *,
      min(CASE WHEN first_equal <> first_of_grain THEN first_equal END)
        OVER (PARTITION BY ${grain.join(", ")}) AS first_different
    FROM compared
  `);
}

async function rejectDuplicates(engine: Engine, plan: LoadPlan): Promise<void> {
  const grain = plan.columns.filter(({ inGrain }) => inGrain).map(quoted);
  const named = `
    SELECT DISTINCT unnest([first_different, first_of_grain]) AS _seq
    FROM ${tables.duplicateMember}
    WHERE first_different IS NOT NULL`;
  const shown = (value: string) => `coalesce('"' || left(CAST(${value} AS VARCHAR), 60) || '"', 'empty')`;
  const differences = plan.columns
    .filter(({ inGrain }) => !inGrain)
    .map((column) => {
      const [own, others] = [`member.${quoted(column)}`, `other.${quoted(column)}`];
      return `
        CASE WHEN ${own} IS DISTINCT FROM ${others}
        THEN ${quoteLiteral(`${column.input} `)} || ${shown(others)} || ', here ' || ${shown(own)} END`;
    });
  await engine.run(`
    INSERT INTO ${tables.rejectReason}
    SELECT member._seq, NULL, NULL, 0, '${grainOf(plan)}', 'DUPLICATE_GRAIN',
      concat_ws(', ', ${grain.map((name) => `member.${name}`).join(", ")}),
      'record ' || place._record || ' of ' || place._file || ' has the same grain and other values: '
        || concat_ws('; ', ${["NULL", ...differences].join(", ")})
    FROM ${tables.duplicateMember} AS member
    JOIN ${tables.duplicateMember} AS other
      ON other._seq = CASE
        WHEN member.first_equal = member.first_of_grain THEN member.first_different
        ELSE member.first_of_grain
      END
    JOIN ${placesOf(named)} AS place ON place._seq = other._seq
    WHERE member.first_different IS NOT NULL
  `);
}

/** How many rows are grouped at a time: their grains fit into the memory that the engine may use. */
const rowsPerPass = 3_000_000;

/** Makes the table of grains that more than one row has. @returns how many there are */
async function createDuplicateGrains(engine: Engine, plan: LoadPlan): Promise<number> {
  const grain = plan.columns
    .filter(({ inGrain }) => inGrain)
    .map(quoted)
    .join(", ");
  const duplicates = (condition: string) =>
    `SELECT ${grain} FROM ${tables.validRow} WHERE ${condition} GROUP BY ALL HAVING count(*) > 1`;
  await engine.run(`CREATE TABLE ${tables.duplicateGrain} AS ${duplicates("false")}`);
  for (const condition of await passes(engine, plan)) {
    await engine.run(`INSERT INTO ${tables.duplicateGrain} ${duplicates(condition)}`);
  }
  return engine.count(`SELECT count(*) FROM ${tables.duplicateGrain}`);
}

/** Conditions that split the rows of a partitioned table by date into passes; rows of one grain stay together. */
async function passes(engine: Engine, plan: LoadPlan): Promise<string[]> {
  const rows = await engine.count(`SELECT count(*) FROM ${tables.validRow}`);
  if (rows <= rowsPerPass || plan.contract.partitionedBy === undefined) return ["true"];
  const days = await engine.rows<{ day: string; rows: number }>(`
    SELECT CAST(date AS VARCHAR) AS day, count(*) AS rows FROM ${tables.validRow} GROUP BY date ORDER BY date
  `);
  const starts: string[] = [];
  let filled = 0;
  for (const { day, rows } of days) {
    if (starts.length === 0 || filled + rows > rowsPerPass) {
      starts.push(day);
      filled = 0;
    }
    filled += rows;
  }
  const date = (day: string) => `DATE ${quoteLiteral(day)}`;
  return starts.map((start, index) => {
    const next = starts[index + 1];
    return `date >= ${date(start)}${next === undefined ? "" : ` AND date < ${date(next)}`}`;
  });
}

const quoted = ({ input }: PlannedColumn) => quoteIdentifier(input);

/** `date, store_code, sku` */
export function grainOf(plan: LoadPlan): string {
  return plan.contract.inputGrain.join(", ");
}
