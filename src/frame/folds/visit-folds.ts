import type { Engine } from "../../duckdb/engine.ts";
import type { Column } from "../columns.ts";
import { type Block, type ComputeOptions, forEachBlock, makeBlockRows } from "../compute.ts";
import type { CheckedDefinition } from "../definition.ts";
import type { Driver } from "../drivers/driver.ts";
import { withFrameEngine } from "../engine.ts";
import { blockRows, series } from "../engine-tables.ts";
import type { WithReader } from "../frame.ts";
import type { Grain, Period } from "../grain.ts";
import { extractFacts, prepareFrames, requireSeries } from "../prepare.ts";
import type { Fold } from "../scope.ts";

/** Frames of several cutoffs that are visited in the engine, without files. */
export interface VisitedFolds {
  readonly engine: Engine;
  readonly grain: Grain;
  /** In ascending order of their cutoffs. */
  readonly folds: readonly Fold[];
  /** The last period of which facts are known. */
  readonly lastPeriod: Period;
  /** Those of the newest cutoff. */
  readonly columns: readonly Column[];
  /**
   * The relation of all series, one row each: `n, unique_id, first_period, store_code, category` and other attributes. `n` counts
   * from 0 in the order of `unique_id`.
   */
  readonly series: string;
}

/** Some consecutive series. The relations are valid until the visit is over. */
export interface VisitedBlock extends Block {
  /**
   * The relation of its rows, one per series and period up to the horizon of the last cutoff, ordered by `_n` and `_period`, with the
   * columns of the frame and `_sample_weight`, `_is_closed`. Features of a row after a cutoff are those of the frame only if their
   * lag is at least the horizon.
   */
  readonly rows: string;
  /** SQL of the future frame of a cutoff with these columns, and `_n` and `_period`. */
  future(fold: Fold, columns: readonly Column[]): string;
}

/**
 * Computes frames of several cutoffs block by block, and lets a visitor read the rows.
 *
 * @param options.until the last day of which facts are known; the cutoffs are not after it
 * @param options.begin called once, before the first block
 */
export async function visitFolds<State>(
  withReader: WithReader,
  definition: CheckedDefinition,
  options: {
    readonly until: string;
    /** Whether a later day than the last one with sales is taken as that; otherwise it is refused. */
    readonly clampsUntil?: boolean;
    readonly signal: AbortSignal | undefined;
    readonly extra?: readonly Driver[] | undefined;
    readonly onExtract?: (done: number, of: number) => void;
    readonly begin: (visited: VisitedFolds) => Promise<State>;
    readonly visit: (state: State, block: VisitedBlock) => Promise<void>;
    readonly end: (state: State) => Promise<void>;
  } & Pick<ComputeOptions, "blockPeriods" | "onBlock">,
): Promise<void> {
  const {
    until,
    clampsUntil = false,
    signal,
    extra,
    onExtract,
    begin,
    visit,
    end,
    blockPeriods,
    onBlock,
  } = options;
  await withFrameEngine(signal, async (engine) => {
    const prepared = await withReader(async (reader) => {
      const planned = await prepareFrames(reader, definition, {
        until,
        clampsUntil,
        ...(extra && { extra }),
      });
      await extractFacts(engine, reader, planned, onExtract);
      await requireSeries(engine, planned);
      return planned;
    });
    const { plan, folds } = prepared;
    const { grain, lastPeriod } = plan.scope;
    const state = await begin({
      ...{ engine, grain, lastPeriod, series: String(series) },
      folds: folds.map(({ fold }) => fold),
      columns: folds.at(-1)?.columns ?? [],
    });
    const rows = String(blockRows);
    await forEachBlock(engine, plan, { onBlock, blockPeriods }, async (block) => {
      await engine.run(makeBlockRows(plan));
      await visit(state, {
        ...{ ...block, rows },
        future: (fold, columns) => plan.rows(fold, "future", columns, rows),
      });
    });
    await end(state);
  });
}
