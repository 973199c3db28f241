import type { Database } from "../../database/connection.ts";
import { quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { fail } from "../../errors.ts";
import * as kinds from "../../system/arguments.ts";
import { type Progress, phaseClock } from "../../system/phase-clock.ts";
import { computeFrames } from "../compute.ts";
import { dateOf } from "../days.ts";
import { checkDefinition, type FrameDefinition } from "../definition.ts";
import { price } from "../drivers/price.ts";
import { withFrameEngine } from "../engine.ts";
import { blockReadiness, seriesReadiness } from "../engine-tables.ts";
import type { Freq } from "../grain.ts";
import { type FramePlan, planFrame } from "../plan.ts";
import { extractFacts, type PreparedFrames, prepareFrames, requireSeries } from "../prepare.ts";
import { withSnapshot } from "../source/snapshot.ts";
import { figuresOf, type ReadinessRow } from "./block.ts";
import type { Figures } from "./figures.ts";
import { rulesIn } from "./reasons.ts";
import { type ReadinessStatus, type Reason, readinessStatuses } from "./rule.ts";
import type { ReadinessSummary } from "./summary.ts";
import { thresholdsOf } from "./thresholds.ts";

export interface ReadinessRequest extends FrameDefinition {
  /** Only the series of this status. Default: all */
  readonly status?: ReadinessStatus | undefined;
  /** Only the first so many series of each status, from 1. Default: all */
  readonly top?: number | undefined;
  /** Interrupts the work. */
  readonly signal?: AbortSignal | undefined;
  /** Called when a phase starts, and while it runs at most ten times a second. */
  readonly onProgress?: ((progress: Progress<"extract" | "compute">) => void) | undefined;
}

/** A series, what was found of it, and what keeps it from being fit. */
export interface SeriesReadiness extends Omit<Figures, "quiet" | "quiet_limit"> {
  readonly status: ReadinessStatus;
  /** None if it is fit. Those of "not yet" come first. */
  readonly reasons: readonly Reason[];
}

export interface ReadinessReport {
  readonly cutoff: string;
  /** The last day of which facts were used. */
  readonly known_until: string;
  /** In periods. */
  readonly horizon: number;
  readonly freq: Freq;
  /** Of all series: the same as in the manifest of the frame. */
  readonly readiness: ReadinessSummary;
  /** Those that were asked for, best sellers first: by the sum of y, of equal ones by `unique_id`. */
  readonly series: readonly SeriesReadiness[];
}

/**
 * Which series of a frame are ready to be forecast, which with limits and which not yet, with reasons; see docs/frames.md. The
 * warehouse is only read, and no frame is written.
 *
 * @throws DATE_INVALID, TIME_INVALID, USAGE, FRAME_SPEC_INVALID, FRAME_NO_SALES, FRAME_CUTOFF_OUTSIDE, FRAME_PERIOD_INCOMPLETE,
 * FRAME_SELECTION_UNKNOWN, FRAME_SELECTION_EMPTY, FRAME_CALENDAR_INCOMPLETE, FRAME_SERIES_AMBIGUOUS, SCHEMA_MISSING,
 * SPACE_EXHAUSTED, and the errors of files and of connecting
 * @example
 * import { databaseOf, frameReadiness } from "forecastlab";
 *
 * const database = databaseOf("postgres://localhost:5432/retail");
 * const { readiness, series } = await frameReadiness(database, { cutoff: "2024-05-14", horizon: 28, top: 10 });
 * console.log(readiness.fit, readiness.fit_with_limits, readiness.not_yet);
 * for (const { unique_id, reasons } of series) console.log(unique_id, reasons.map(({ text }) => text));
 */
export async function frameReadiness(
  database: Database,
  definition: ReadinessRequest,
): Promise<ReadinessReport> {
  kinds.requireArguments(
    "frameReadiness",
    { database, definition },
    { database: kinds.database, definition: kinds.object },
  );
  kinds.requireArguments("frameReadiness", definition, {
    "status?": kinds.oneOf(readinessStatuses),
    "top?": kinds.wholeNumber,
    "onProgress?": kinds.callback,
  });
  const { top, signal, onProgress } = definition;
  if (top === 0) throw fail("USAGE", { problem: "top is a number of series from 1, not 0." });
  const checked = await checkDefinition("frameReadiness", definition);
  const clock = phaseClock(["extract", "compute"], onProgress);
  return withFrameEngine(signal, async (engine) => {
    const prepared = await withSnapshot(database, signal, async (reader) => {
      const frame = await prepareFrames(reader, checked);
      const reduced = { ...frame, plan: planOfFigures(frame) };
      await extractFacts(engine, reader, reduced, clock.progress);
      await requireSeries(engine, reduced);
      return reduced;
    });
    clock.enter("compute");
    return reportOf(engine, prepared, definition, clock.progress);
  });
}

/** The same frame without features, and without drivers except the price: the figures need no others. */
function planOfFigures({ plan, folds }: PreparedFrames): FramePlan {
  const priced = folds.some(({ columns }) => columns.some(({ driver }) => driver === price.name));
  const nothing = { lags: [], windows: [] };
  const spec = {
    ...plan.scope.spec,
    ...{ ...nothing, weekday_windows: [], inventory: nothing, traffic: nothing, weather: nothing },
    ...{ drivers: priced ? (["price"] as const) : [], exclude: [] },
  };
  return planFrame({ ...plan.scope, spec }, priced ? [price] : []);
}

async function reportOf(
  engine: Engine,
  { plan, folds, definition }: PreparedFrames,
  { status, top }: ReadinessRequest,
  onBlock: (done: number, of: number) => void,
): Promise<ReadinessReport> {
  const { scope, columns } = plan;
  const { cutoff, knownUntil } = (folds[0] as PreparedFrames["folds"][number]).fold;
  let blocks = 0;
  const [computed] = await computeFrames(
    engine,
    plan,
    folds.map(({ fold }) => ({ fold, columns })),
    {
      append: async () => 0,
      onBlock,
      onReadiness: () =>
        engine.run(
          blocks++ === 0
            ? `CREATE TABLE ${seriesReadiness} AS SELECT * FROM ${blockReadiness}`
            : `INSERT INTO ${seriesReadiness} SELECT * FROM ${blockReadiness}`,
        ),
    },
  );
  const rows = await engine.rows<ReadinessRow>(`
    SELECT * EXCLUDE (total, place)
    FROM (SELECT *, row_number() OVER (PARTITION BY status ORDER BY total DESC, n) AS place FROM ${seriesReadiness})
    WHERE ${status === undefined ? "true" : `status = ${quoteLiteral(status)}`}
      AND ${top === undefined ? "true" : `place <= ${top}`}
    ORDER BY total DESC, n
  `);
  const thresholds = thresholdsOf(scope);
  return {
    ...{ cutoff, known_until: dateOf(knownUntil), horizon: definition.horizon, freq: scope.grain.freq },
    readiness: computed?.readiness ?? { fit: 0, fit_with_limits: 0, not_yet: 0, reasons: [] },
    series: rows.map((row) => {
      const figures = figuresOf(row, definition.horizon);
      const reasons = rulesIn(row.reasons).map(({ code, reason }) => ({
        code,
        ...reason(figures, thresholds),
      }));
      const { unique_id, quiet, quiet_limit, ...rest } = figures;
      return { unique_id, status: row.status, reasons, ...rest };
    }),
  };
}
