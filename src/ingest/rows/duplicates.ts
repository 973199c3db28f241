import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import type { DuplicatePolicy } from "../duplicate-policy.ts";
import type { LoadPlan, PlannedColumn } from "../load-plan.ts";
import { placesOf } from "../source/record-places.ts";
import { sumDuplicates } from "./duplicate-sums.ts";

/**
 * Finds rows of one grain among those of `fit`. Where all of them are equal one stays. Where they differ the policy says
 * which stays, or whether they are summed up; or all of them are rejected, each told of the first that differs from it. Rows
 * that do not stay are in `repeated`.
 *
 * @returns how many rows were folded into others
 */
export async function findDuplicates(
  engine: Engine,
  plan: LoadPlan,
  policy: DuplicatePolicy,
): Promise<number> {
  if ((await findSharedGrains(engine, plan)) === 0) return 0;
  await createTwins(engine, plan);
  const stay = policy === "last" ? "last_of_all" : "first_of_all";
  const differ = policy === "reject" || policy === "sum" ? "first_other IS NULL" : "true";
  const folded = await engine.count(
    `INSERT INTO repeated SELECT _seq FROM twin WHERE ${differ} AND _seq <> ${stay}`,
  );
  if (policy === "reject") await rejectTwins(engine, plan);
  const summed = policy === "sum" ? await sumDuplicates(engine, plan) : 0;
  await engine.run("DROP TABLE twin; DROP TABLE shared_grain");
  return folded + summed;
}

/**
 * Makes `twin`: the rows that share their grain, the first and the last of its rows, the first and the last that are like
 * the row in every column, and the first that is like none of the first ones, NULL where all are alike.
 */
async function createTwins(engine: Engine, plan: LoadPlan): Promise<void> {
  const grain = plan.columns.filter(({ inGrain }) => inGrain).map(quoted);
  const values = plan.columns.filter(({ inGrain }) => !inGrain).map(quoted);
  const same = grain.map((name) => `fit.${name} IS NOT DISTINCT FROM shared_grain.${name}`);
  await engine.run(`
    CREATE TABLE twin AS
    WITH alike AS (
      SELECT *, min(_seq) OVER likes AS first_alike, max(_seq) OVER likes AS last_alike
      FROM (SELECT fit.* FROM fit SEMI JOIN shared_grain ON ${same.join(" AND ")}) AS member
      WINDOW likes AS (PARTITION BY ${[...grain, ...values].join(", ")})
    ), compared AS (
      SELECT *, min(_seq) OVER whole AS first_of_all, max(_seq) OVER whole AS last_of_all
      FROM alike
      WINDOW whole AS (PARTITION BY ${grain.join(", ")})
    )
    SELECT *,
      min(CASE WHEN first_alike <> first_of_all THEN first_alike END)
        OVER (PARTITION BY ${grain.join(", ")}) AS first_other
    FROM compared
  `);
}

async function rejectTwins(engine: Engine, plan: LoadPlan): Promise<void> {
  const grain = plan.columns.filter(({ inGrain }) => inGrain).map(quoted);
  const told =
    "SELECT DISTINCT unnest([first_other, first_of_all]) AS _seq FROM twin WHERE first_other IS NOT NULL";
  await engine.run(`
    INSERT INTO fault
    SELECT twin._seq, NULL, NULL, 0, '${grainOf(plan)}', 'DUPLICATE_GRAIN', concat_ws(', ', ${grain.join(", ")}),
      'record ' || place._record || ' of ' || place._file || ' has the same grain and other values'
    FROM twin
    JOIN ${placesOf(told)} AS place
      ON place._seq = CASE WHEN first_alike = first_of_all THEN first_other ELSE first_of_all END
    WHERE first_other IS NOT NULL
  `);
}

/** How many rows are grouped at a time: so many grains fit into the memory the engine may use. */
const rowsAtATime = 3_000_000;

/** Makes `shared_grain`, the grains that more than one row has, and returns how many there are. */
async function findSharedGrains(engine: Engine, plan: LoadPlan): Promise<number> {
  const grain = plan.columns
    .filter(({ inGrain }) => inGrain)
    .map(quoted)
    .join(", ");
  const shared = (condition: string) =>
    `SELECT ${grain} FROM fit WHERE ${condition} GROUP BY ALL HAVING count(*) > 1`;
  await engine.run(`CREATE TABLE shared_grain AS ${shared("false")}`);
  for (const condition of await parts(engine, plan)) {
    await engine.run(`INSERT INTO shared_grain ${shared(condition)}`);
  }
  return engine.count("SELECT count(*) FROM shared_grain");
}

/** Conditions that part the rows of a partitioned table by date, about so many rows each; rows of one grain stay together. */
async function parts(engine: Engine, plan: LoadPlan): Promise<string[]> {
  const rows = await engine.count("SELECT count(*) FROM fit");
  if (rows <= rowsAtATime || plan.contract.partitionedBy === undefined) return ["true"];
  const days = await engine.rows<{ day: string; rows: number }>(
    "SELECT CAST(date AS VARCHAR) AS day, count(*) AS rows FROM fit GROUP BY date ORDER BY date",
  );
  const starts: string[] = [];
  let filled = 0;
  for (const { day, rows } of days) {
    if (starts.length === 0 || filled + rows > rowsAtATime) {
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
