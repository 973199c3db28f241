import { rm } from "node:fs/promises";
import { join } from "node:path";
import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import type { Column, VisitedBlock, VisitedFolds } from "../../frame/index.ts";
import { type Design, designOf, fitRidge, predictionSql, type Ridge, sumRows } from "../ridge/index.ts";
import { type BlockForecasts, doubles, joined } from "./block.ts";
import type { RidgeSummary } from "./request.ts";

export const ridgeName = "ridge";

/** Enough for some dozens of coefficients: more rows take time and change the scores in the fourth digit. */
const mostRows = 500_000;

/**
 * One ridge regression for all series, on the columns of the frame. It is fitted for each fold, on rows up to its cutoff; its penalty
 * is chosen by the last periods of these.
 */
export interface RidgeForecasts {
  /** Keeps what is needed of a block. */
  add(block: VisitedBlock): Promise<void>;
  /** Fits, and adds the forecasts to the blocks, which were added in this order. Once, at the end. */
  finish(blocks: readonly BlockForecasts[]): Promise<RidgeSummary | null>;
}

export async function openRidge(visited: VisitedFolds, horizon: number): Promise<RidgeForecasts> {
  const { engine, folds, columns, series } = visited;
  const inputs = inputsOf(columns, horizon);
  const names = [...inputs.map(({ name }) => name), ...productsOf(inputs).map(({ name }) => name)];
  const [last] = folds.slice(-1);
  if (last === undefined || names.length === 0) return { add: async () => {}, finish: async () => null };
  const shares: number[] = [];
  for (const { period } of folds) shares.push(await shareOf(engine, series, period));
  // A row is kept if any fold samples it: earlier folds have fewer rows and larger shares.
  const kept = folds.map(({ period }, index) => `WHEN _period <= ${period} THEN ${shares[index]}`).join(" ");
  const files: string[][] = [];
  let made = false;
  const select = [
    ...inputs.map(({ name }) => quoteIdentifier(name)),
    ...productsOf(inputs).map(({ name, sql }) => `${sql} AS ${quoteIdentifier(name)}`),
  ].join(", ");
  return {
    add: async (block) => {
      const sampled = `
        SELECT _period, y, _sample_weight AS weight, (hash(unique_id, _period) % 1000000)::INTEGER AS _draw, ${select}
        FROM ${block.rows}
        WHERE _period <= ${last.period} AND _sample_weight > 0 AND y IS NOT NULL AND _draw < CASE ${kept} END`;
      await engine.run(made ? `INSERT INTO ridge_rows ${sampled}` : `CREATE TABLE ridge_rows AS ${sampled}`);
      made = true;
      const ofBlock: string[] = [];
      for (const [index, fold] of folds.entries()) {
        const path = join(engine.folder, `ridge-${files.length}-${index}.parquet`);
        ofBlock.push(path);
        await engine.run(
          `COPY (SELECT _n, _period, ${select} FROM (${block.future(fold, inputs)}) ORDER BY _n, _period)
           TO ${quoteLiteral(path)} (FORMAT parquet)`,
        );
      }
      files.push(ofBlock);
    },
    finish: async (blocks) => {
      if (!made) return null;
      let summary: RidgeSummary | null = null;
      for (const [index, fold] of folds.entries()) {
        const fitted = await fitUntil(engine, names, {
          until: fold.period,
          horizon,
          share: shares[index] ?? 0,
        });
        if (fitted === undefined) {
          // Nothing was observed: the forecast is 0, as those of the other models.
          for (const { folds: of } of blocks) {
            const into = of[index];
            into?.forecasts.set(ridgeName, new Float64Array(into.series.length * horizon));
          }
          continue;
        }
        const sql = predictionSql(fitted.design, fitted.ridge, {
          nonNegative: !(await hasNegative(engine, fold.period)),
        });
        for (const [number, block] of blocks.entries()) {
          const file = files[number]?.[index] ?? "";
          const into = block.folds[index];
          into?.forecasts.set(ridgeName, await predictions(engine, sql, file));
        }
        summary = summaryOf(fitted);
      }
      for (const file of files.flat()) await rm(file, { force: true });
      return summary;
    },
  };
}

/** How many rows of a million are sampled. It depends on the periods up to the cutoff only. */
async function shareOf(engine: Engine, series: string, until: number): Promise<number> {
  const rows = await engine.count(
    `SELECT coalesce(sum(greatest(0, ${until} - first_period + 1)), 0)::BIGINT FROM ${series}`,
  );
  return Math.ceil(1e6 * Math.min(1, mostRows / Math.max(1, rows)));
}

/** The columns of the frame that are known for the whole horizon, as numbers. */
function inputsOf(columns: readonly Column[], horizon: number): Column[] {
  return columns.filter(
    ({ class: known, type, lag, frames }) =>
      ["static", "future", "historic"].includes(known) &&
      ["DOUBLE", "INTEGER", "BOOLEAN"].includes(type) &&
      frames.includes("future") &&
      (lag === null || lag >= horizon),
  );
}

/**
 * Effects that are in proportion to the level of a series, as products with it: weekdays, promotions, holidays. The level is the
 * longest mean of `y` among the columns, else the shortest lag.
 */
function productsOf(inputs: readonly Column[]): { readonly name: string; readonly sql: string }[] {
  const names = inputs.map(({ name }) => name);
  const length = (name: string) => Number(/^y_mean_(\d+)_/.exec(name)?.[1] ?? 0);
  const [level] = [
    ...names.filter((name) => length(name) > 0).sort((a, b) => length(b) - length(a)),
    ...names.filter((name) => /^y_lag_/.test(name)),
  ];
  if (level === undefined) return [];
  const times = (name: string, factor: string) => ({
    name: `${name} x ${level}`,
    sql: `(${factor})::DOUBLE * ${quoteIdentifier(level)}`,
  });
  const parts: readonly [name: string, values: readonly number[]][] = [
    ["day_of_week", [0, 1, 2, 3, 4, 5, 6]],
    ["month", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
  ];
  return [
    ...parts.flatMap(([name, values]) =>
      names.includes(name) ? values.map((value) => times(`${name} = ${value}`, `${name} = ${value}`)) : [],
    ),
    ...["on_promotion", "discount_depth", "relative_price", "is_holiday", "is_payday"]
      .filter((name) => names.includes(name))
      .map((name) => times(name, quoteIdentifier(name))),
  ];
}

interface Fitted {
  readonly design: Design;
  readonly ridge: Ridge;
  readonly rows: number;
}

/** Fits on the rows up to a period. The penalty is chosen by the last rows, as many periods as the horizon. */
async function fitUntil(
  engine: Engine,
  names: readonly string[],
  { until, horizon, share }: { readonly until: number; readonly horizon: number; readonly share: number },
): Promise<Fitted | undefined> {
  const relation = `(SELECT * FROM ridge_rows WHERE _draw < ${share})`;
  const rows = (where: string) => ({ relation, target: "y", weight: "weight", where });
  const all = rows(`_period <= ${until}`);
  const design = await designOf(engine, all, names);
  if (design === undefined) return undefined;
  const earlier = await sumRows(engine, design, rows(`_period <= ${until - horizon}`));
  const later = await sumRows(engine, design, rows(`_period BETWEEN ${until - horizon + 1} AND ${until}`));
  const chosen = earlier.rows === 0 ? fitRidge(design, later, earlier) : fitRidge(design, earlier, later);
  return chosen && { design, ridge: chosen.ridge, rows: earlier.rows + later.rows };
}

const hasNegative = async (engine: Engine, until: number) =>
  (await engine.count(`SELECT count(*) FROM ridge_rows WHERE y < 0 AND _period <= ${until}`)) > 0;

async function predictions(engine: Engine, sql: string, file: string): Promise<Float64Array> {
  const parts: Float64Array[] = [];
  const query = `SELECT ${sql} FROM read_parquet(${quoteLiteral(file)}, hive_partitioning = false)`;
  for await (const { rows, columns } of engine.chunks(query)) {
    const [values] = columns;
    if (values !== undefined) parts.push(doubles(values.values(8), rows));
  }
  return joined(parts);
}

function summaryOf({ design, ridge, rows }: Fitted): RidgeSummary {
  const coefficients = design.terms.map(({ name }, index) => ({
    term: name,
    coefficient: ridge.standardized[index] ?? 0,
  }));
  return {
    terms: coefficients.filter(({ coefficient }) => coefficient !== 0).length,
    rows,
    lambda: ridge.lambda,
    strongest: coefficients
      .sort((a, b) => Math.abs(b.coefficient) - Math.abs(a.coefficient) || (a.term < b.term ? -1 : 1))
      .slice(0, 10),
  };
}
