import type { Engine } from "../duckdb/engine.ts";
import type { FrameKind } from "./columns.ts";
import { dateOf } from "./days.ts";
import { sales, series } from "./engine-tables.ts";
import type { Counts, MissingPrices } from "./manifest.ts";
import type { FramePlan } from "./plan.ts";

/** What the manifest says about the rows of a frame. */
export interface ComputedFrame {
  readonly counts: Counts;
  readonly missing: MissingPrices | null;
}

export interface ComputeOptions {
  /** Writes the rows of a block, given as SQL. @returns how many */
  readonly append: (frame: FrameKind, sql: string) => Promise<number>;
  /** Called after each block with the number of series that are done, and of how many. */
  readonly onBlock?: (done: number, of: number) => void;
  /**
   * How many days the series of a block have together, about. Default: 400,000. Larger blocks take more memory and no less time;
   * blocks of half the size take a tenth more time (docs/adr/0020).
   */
  readonly blockDays?: number | undefined;
}

/**
 * Computes the rows of a frame block by block of series, in the order of the frame. The windows, joins and the order of a block
 * fit into memory, which those of the whole frame would not.
 */
export async function computeFrame(
  engine: Engine,
  plan: FramePlan,
  { append, onBlock = () => {}, blockDays = 400_000 }: ComputeOptions,
): Promise<ComputedFrame> {
  const rows = { training: 0, future: 0 };
  const masks = { imputed: 0, stockout: 0, closed: 0 };
  const missing: MissingPrices["examples"][number][] = [];
  const counted = await countSeries(engine, plan);
  await engine.run(`DROP TABLE ${sales}`);
  for (const { first, last } of await blocksOf(engine, blockDays)) {
    for (const sql of plan.block(first, last)) await engine.run(sql);
    for (const frame of ["training", "future"] as const) rows[frame] += await append(frame, plan.rows[frame]);
    const [ofBlock] = await engine.rows<typeof masks>(plan.counts);
    masks.imputed += ofBlock?.imputed ?? 0;
    masks.stockout += ofBlock?.stockout ?? 0;
    masks.closed += ofBlock?.closed ?? 0;
    if (plan.missingPrices !== undefined) missing.push(...(await missingIn(engine, plan.missingPrices)));
    onBlock(last + 1, counted.series);
  }
  return {
    counts: {
      series: counted.series,
      training_rows: rows.training,
      future_rows: rows.future,
      ...masks,
      ended_series: counted.ended,
      series_without_sale: counted.without_sale,
    },
    missing:
      plan.missingPrices === undefined
        ? null
        : {
            series: missing.length,
            days: missing.reduce((sum, { days }) => sum + days, 0),
            examples: missing.slice(0, 20),
          },
  };
}

async function countSeries(engine: Engine, { scope: { spec, cutoff } }: FramePlan) {
  const { after_days } = spec.ended;
  const [counted] = await engine.rows<{ series: number; without_sale: number; ended: number }>(`
    SELECT
      (SELECT count(*) FROM ${series}) AS series,
      (
        SELECT count(*)
        FROM (SELECT 1 FROM ${sales} GROUP BY store_id, product_id HAVING max(quantity) = 0)
      ) AS without_sale,
      (
        SELECT count(*)
        FROM (SELECT max(day) AS last FROM ${sales} WHERE quantity > 0 GROUP BY store_id, product_id)
        WHERE ${after_days === null ? "false" : `${cutoff} - last > ${after_days}`}
      ) AS ended
  `);
  return counted ?? { series: 0, without_sale: 0, ended: 0 };
}

/** The numbers of the first and the last series of each block. */
function blocksOf(engine: Engine, blockDays: number): Promise<{ first: number; last: number }[]> {
  return engine.rows(`
    SELECT min(n) AS first, max(n) AS last
    FROM (SELECT n, sum(spine_until - spine_from + 1) OVER (ORDER BY n) // ${blockDays} AS block FROM ${series})
    GROUP BY block
    ORDER BY block
  `);
}

async function missingIn(engine: Engine, sql: string): Promise<MissingPrices["examples"][number][]> {
  const rows = await engine.rows<{ unique_id: string; first: number; last: number; days: number }>(sql);
  return rows.map(({ unique_id, first, last, days }) => ({
    unique_id,
    from: dateOf(first),
    to: dateOf(last),
    days,
  }));
}
