import type { Engine } from "../duckdb/engine.ts";
import { type Cadence, cadenceOf } from "./cadence.ts";
import type { Column, FrameKind } from "./columns.ts";
import { dateOf } from "./days.ts";
import { blockRows, frameRows, sales, series } from "./engine-tables.ts";
import type { Counts, MissingPrices } from "./manifest.ts";
import type { FramePlan } from "./plan.ts";
import { demandOfBlock, readinessOfBlock } from "./readiness/block.ts";
import { type ReadinessSummary, readinessCount } from "./readiness/summary.ts";
import type { Fold, FrameScope } from "./scope.ts";
import { type ColumnStatistics, FrameStatistics } from "./statistics.ts";

const usualBlock = 400_000;

/** What the manifest says about the rows of a frame. */
export interface ComputedFrame {
  readonly counts: Counts;
  readonly missing: MissingPrices | null;
  /** Null if they look like days, and in frames of longer periods. */
  readonly cadence: Cadence | null;
  readonly statistics: Readonly<Record<FrameKind, ReadonlyMap<string, ColumnStatistics>>>;
  readonly readiness: ReadinessSummary;
}

/** One of the frames to compute. */
export interface FoldPlan {
  readonly fold: Fold;
  readonly columns: readonly Column[];
}

export interface ComputeOptions {
  /**
   * Writes the rows of a block, given as SQL over a table of the engine, in their order. @returns how many
   *
   * @param fold the index of the frame's cutoff
   */
  readonly append: (fold: number, frame: FrameKind, sql: string) => Promise<number>;
  /** Called after each block with the number of series that are done, and of how many. */
  readonly onBlock?: ((done: number, of: number) => void) | undefined;
  /** Called for each block and cutoff, when its `block_readiness` is made. */
  readonly onReadiness?: () => Promise<void>;
  /**
   * How many periods the series of a block have together, about. Default: 400,000. Larger blocks take more memory and no less time;
   * blocks of half the size take a tenth more time (docs/adr/0020).
   */
  readonly blockPeriods?: number | undefined;
}

/**
 * Computes the frames of all cutoffs block by block of series, in the order of the frames. The windows, joins and the order of a
 * block fit into memory, which those of whole frames would not. Features are computed once for all cutoffs, because those of a
 * training row use nothing that is later than the row.
 *
 * @returns one element per fold
 */
export async function computeFrames(
  engine: Engine,
  plan: FramePlan,
  folds: readonly FoldPlan[],
  { append, onBlock, onReadiness, blockPeriods }: ComputeOptions,
): Promise<ComputedFrame[]> {
  const counted: Awaited<ReturnType<typeof countSeries>>[] = [];
  const cadences: (Cadence | null)[] = [];
  for (const { fold } of folds) {
    counted.push(await countSeries(engine, fold, plan.scope));
    cadences.push(plan.scope.grain.freq === "day" ? await cadenceOf(engine, fold) : null);
  }
  const counts = counted.map((count, index) => ({
    statistics: {
      training: new FrameStatistics(folds[index]?.columns ?? [], "training"),
      future: new FrameStatistics(folds[index]?.columns ?? [], "future"),
    },
    ...{ ...count, training_rows: 0, future_rows: 0, imputed: 0, stockout: 0, closed: 0 },
    unpriced: [] as Unpriced[],
    readiness: readinessCount(),
  }));
  // Joined once for several cutoffs; for a single one that would only be one more copy.
  const several = folds.length > 1;
  await forEachBlock(engine, plan, { onBlock, blockPeriods }, async () => {
    if (several) await engine.run(makeBlockRows(plan));
    for (const [index, { fold, columns }] of folds.entries()) {
      const count = counts[index];
      if (count === undefined) continue;
      for (const frame of ["training", "future"] as const) {
        const from = several ? String(blockRows) : `(${plan.blockRows})`;
        const rows = `${plan.rows(fold, frame, columns, from)} ${several ? "" : inOrder}`;
        await engine.run(`CREATE OR REPLACE TABLE ${frameRows} AS ${rows}`);
        const shown = columns.filter(({ frames }) => frames.includes(frame)).map(({ name }) => name);
        count[`${frame}_rows`] += await append(index, frame, `SELECT ${shown.join(", ")} FROM ${frameRows}`);
        await count.statistics[frame].addBlock(engine);
        if (frame === "training") {
          const masks = await countMasks(engine);
          count.imputed += masks.imputed;
          count.stockout += masks.stockout;
          count.closed += masks.closed;
          await engine.run(demandOfBlock(plan.scope));
        } else {
          const priced = plan.hasPrices && columns.some(({ driver }) => driver === "price");
          if (priced) count.unpriced.push(...(await unpricedIn(engine)));
          await engine.run(readinessOfBlock(plan.scope, fold, priced));
          await count.readiness.addBlock(engine);
          await onReadiness?.();
        }
      }
    }
  });
  return counts.map(({ unpriced, readiness, statistics, without_sale, ended, ...count }, index) => ({
    cadence: cadences[index] ?? null,
    statistics: { training: statistics.training.result(), future: statistics.future.result() },
    counts: {
      series: count.series,
      training_rows: count.training_rows,
      future_rows: count.future_rows,
      imputed: count.imputed,
      stockout: count.stockout,
      closed: count.closed,
      ended_series: ended,
      series_without_sale: without_sale,
    },
    missing: folds[index]?.columns.some(({ driver }) => driver === "price")
      ? missingPrices(unpriced, plan.scope)
      : null,
    readiness: readiness.summary(),
  }));
}

/** The series of a cutoff. */
async function countSeries(engine: Engine, fold: Fold, { spec, folds }: FrameScope) {
  const { after_days, policy } = spec.ended;
  const lastSale = `last_sale_days[${folds.indexOf(fold) + 1}]`;
  const ended = after_days === null ? "false" : `${fold.knownUntil} - ${lastSale} > ${after_days}`;
  const [counted] = await engine.rows<{ series: number; without_sale: number; ended: number }>(`
    SELECT
      (
        SELECT count(*) FROM ${series}
        WHERE first_period <= ${fold.period} ${policy === "drop" ? `AND NOT (${ended})` : ""}
      ) AS series,
      (
        SELECT count(*)
        FROM (
          SELECT 1
          FROM ${sales}
          WHERE day <= ${fold.knownUntil}
          GROUP BY store_id, product_id
          HAVING max(quantity) = 0
        )
      ) AS without_sale,
      (SELECT count(*) FROM ${series} WHERE first_period <= ${fold.period} AND ${ended}) AS ended
  `);
  return counted ?? { series: 0, without_sale: 0, ended: 0 };
}

/** The order of the rows of a frame. */
const inOrder = "ORDER BY _n, _period";

/** SQL that makes `block_rows` of the block. */
export const makeBlockRows = (plan: FramePlan) =>
  `CREATE OR REPLACE TABLE ${blockRows} AS ${plan.blockRows} ${inOrder}`;

/** Some consecutive series, by the numbers of the first and the last of them. */
export interface Block {
  readonly first: number;
  readonly last: number;
}

/** Makes the tables of one block after the other, each for the work on it. The sales are not needed any more and are dropped. */
export async function forEachBlock(
  engine: Engine,
  plan: FramePlan,
  { onBlock = () => {}, blockPeriods = usualBlock }: Pick<ComputeOptions, "onBlock" | "blockPeriods">,
  work: (block: Block) => Promise<void>,
): Promise<void> {
  await engine.run(`DROP TABLE ${sales}`);
  const total = await engine.count(`SELECT count(*) FROM ${series}`);
  for (const { first, last } of await blocksOf(engine, blockPeriods)) {
    for (const sql of plan.block(first, last)) await engine.run(sql);
    await work({ first, last });
    onBlock(last + 1, total);
  }
}

function blocksOf(engine: Engine, blockPeriods: number): Promise<Block[]> {
  return engine.rows(`
    SELECT min(n) AS first, max(n) AS last
    FROM (SELECT n, sum(spine_until - spine_from + 1) OVER (ORDER BY n) // ${blockPeriods} AS block FROM ${series})
    GROUP BY block
    ORDER BY block
  `);
}

async function countMasks(engine: Engine) {
  const [masks] = await engine.rows<{ imputed: number; stockout: number; closed: number }>(`
    SELECT
      count(*) FILTER (_is_imputed) AS imputed,
      count(*) FILTER (_is_stockout) AS stockout,
      count(*) FILTER (_is_closed) AS closed
    FROM ${frameRows}
  `);
  return masks ?? { imputed: 0, stockout: 0, closed: 0 };
}

/** A series without a planned price in periods of the horizon. */
interface Unpriced {
  readonly unique_id: string;
  readonly first: number;
  readonly last: number;
  readonly periods: number;
}

const unpricedIn = (engine: Engine): Promise<Unpriced[]> =>
  engine.rows(`
    SELECT unique_id, min(_period) AS first, max(_period) AS last, count(*) AS periods
    FROM ${frameRows}
    WHERE _planned_price IS NULL
    GROUP BY _n, unique_id
    ORDER BY _n
  `);

const missingPrices = (unpriced: readonly Unpriced[], { grain }: FrameScope): MissingPrices => ({
  series: unpriced.length,
  periods: unpriced.reduce((sum, { periods }) => sum + periods, 0),
  examples: unpriced.slice(0, 20).map(({ unique_id, first, last, periods }) => ({
    unique_id,
    from: dateOf(grain.firstDay(first)),
    to: dateOf(grain.lastDay(last)),
    periods,
  })),
});
