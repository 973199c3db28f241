import type { Engine } from "../duckdb/engine.ts";
import type { FrameKind } from "./columns.ts";
import { dateOf } from "./days.ts";
import type { Counts, MissingPrices } from "./manifest.ts";
import type { FramePlan } from "./plan.ts";

/** What the frame's rows were found to hold. */
export interface Computed {
  readonly counts: Counts;
  readonly missing: MissingPrices | null;
}

export interface Computing {
  /** Takes the SQL of a block's rows and returns how many they were. */
  readonly append: (frame: FrameKind, sql: string) => Promise<number>;
  readonly onBlock?: (series: number, of: number) => void;
  /** Days of all series of a block. More take memory and no less time, half of them a tenth more time (docs/adr/0020). */
  readonly blockDays?: number | undefined;
}

/**
 * Makes the rows, block by block of series in the order of the frame: a block's windows, joins and order stay in memory, where
 * those of the whole frame would not.
 */
export async function computeFrame(
  engine: Engine,
  plan: FramePlan,
  { append, onBlock = () => {}, blockDays = 400_000 }: Computing,
): Promise<Computed> {
  const { spec, cutoff } = plan.scope;
  const rows = { training: 0, future: 0 };
  const masks = { imputed: 0, stockout: 0, closed: 0 };
  const missing: { unique_id: string; from: string; to: string; days: number }[] = [];
  const [totals] = await engine.rows<{ series: number; without: number; ended: number }>(`
    SELECT
      (SELECT count(*) FROM series) AS series,
      (SELECT count(*) FROM (SELECT 1 FROM sales GROUP BY store_id, product_id HAVING max(quantity) = 0)) AS without,
      (
        SELECT count(*)
        FROM (SELECT max(day) AS last FROM sales WHERE quantity > 0 GROUP BY store_id, product_id)
        WHERE ${spec.ended.after_days === null ? "false" : `${cutoff} - last > ${spec.ended.after_days}`}
      ) AS ended
  `);
  const { series = 0, without = 0, ended = 0 } = totals ?? {};
  await engine.run("DROP TABLE sales");
  for (const { first, last } of await blocksOf(engine, blockDays)) {
    for (const sql of plan.block(first, last)) await engine.run(sql);
    for (const frame of ["training", "future"] as const) rows[frame] += await append(frame, plan.rows[frame]);
    const [counted] = await engine.rows<typeof masks>(plan.counts);
    masks.imputed += counted?.imputed ?? 0;
    masks.stockout += counted?.stockout ?? 0;
    masks.closed += counted?.closed ?? 0;
    if (plan.missingPrices !== undefined) missing.push(...(await gapsOf(engine, plan.missingPrices)));
    onBlock(last + 1, series);
  }
  return {
    counts: {
      series,
      training_rows: rows.training,
      future_rows: rows.future,
      ...masks,
      ended_series: ended,
      series_without_sale: without,
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

/** First and last number of the series of each block. */
function blocksOf(engine: Engine, blockDays: number): Promise<{ first: number; last: number }[]> {
  return engine.rows(`
    SELECT min(n) AS first, max(n) AS last
    FROM (SELECT n, sum(spine_until - spine_from + 1) OVER (ORDER BY n) // ${blockDays} AS block FROM series)
    GROUP BY block
    ORDER BY block
  `);
}

async function gapsOf(engine: Engine, sql: string) {
  const rows = await engine.rows<{ unique_id: string; first: number; last: number; days: number }>(sql);
  return rows.map(({ unique_id, first, last, days }) => ({
    unique_id,
    from: dateOf(first),
    to: dateOf(last),
    days,
  }));
}
