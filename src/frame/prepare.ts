import type { Engine } from "../duckdb/engine.ts";
import { fail } from "../errors.ts";
import type { FoldPlan } from "./compute.ts";
import { dateOf, dayOf, notWithinSql } from "./days.ts";
import type { CheckedDefinition } from "./definition.ts";
import type { Driver } from "./drivers/driver.ts";
import { drivers } from "./drivers/index.ts";
import { series } from "./engine-tables.ts";
import { type Grain, grainOf, lastComplete, type Period } from "./grain.ts";
import { hollowColumns, readReach } from "./hollow.ts";
import type { Manifest, NotReconstructed } from "./manifest.ts";
import { type Offer, offersOf } from "./offers.ts";
import { columnsOf, type FramePlan, planFrame, requireExcludable } from "./plan.ts";
import type { Fold, FrameScope } from "./scope.ts";
import { driversWithFacts, requireCutoffs, type SalesExtent } from "./source/facts.ts";
import type { WarehouseReader } from "./source/reader.ts";
import { changedSince, loadsOf, recordedBy } from "./source/recorded.ts";
import { selectionOf } from "./source/selection.ts";
import { stageTables } from "./source/stage-tables.ts";
import type { DriverName, FrameSpec } from "./specification/index.ts";

/** Planned frames of one or several cutoffs, and what their manifests say about the warehouse. */
export interface PreparedFrames {
  readonly plan: FramePlan;
  readonly definition: CheckedDefinition;
  /** First and last day with facts. */
  readonly range: { readonly from: string; readonly to: string };
  readonly loads: readonly number[];
  readonly not_reconstructed: NotReconstructed | null;
  /** In the order of the cutoffs. */
  readonly folds: readonly PreparedFold[];
}

/** What differs between cutoffs: drivers are omitted that had no facts then. */
export interface PreparedFold extends FoldPlan {
  readonly spec: FrameSpec;
  readonly left_out: Manifest["left_out"];
  readonly offers: Manifest["offers"];
}

interface PrepareOptions {
  readonly extra?: readonly Driver[];
  readonly until?: string;
  /** Whether an `until` after the sales is taken as their last day. */
  readonly clampsUntil?: boolean;
}

/**
 * Checks that the warehouse has what the frames need, and plans them. No facts are read.
 *
 * @param options.extra drivers that no spec can name, in addition to those of the spec
 * @param options.until the last day of which facts are read, if it is after the last cutoff
 * @throws FRAME_NO_SALES, FRAME_CUTOFF_OUTSIDE, FRAME_PERIOD_INCOMPLETE, FRAME_SELECTION_UNKNOWN, FRAME_CALENDAR_INCOMPLETE,
 * FRAME_SPEC_INVALID
 */
export async function prepareFrames(
  reader: WarehouseReader,
  definition: CheckedDefinition,
  { extra = [], until, clampsUntil = false }: PrepareOptions = {},
): Promise<PreparedFrames> {
  const { spec, knownAt, horizon, cutoffs } = definition;
  const grain = grainOf(spec.freq, spec.week_start ?? undefined);
  const days = until === undefined || clampsUntil ? cutoffs : [...cutoffs, until];
  const range = await requireCutoffs(reader, { cutoffs: days, knownAt, grain });
  const folds = cutoffs.map((cutoff) => foldOf(cutoff, grain, range));
  const lastDay = [until ?? "", ...cutoffs].sort().at(-1) ?? "";
  const lastPeriod = lastComplete(grain, dayOf(lastDay > range.to ? range.to : lastDay));
  const lastRow = Math.max(lastPeriod, ...folds.map(({ period }) => period + horizon));
  const selection = await selectionOf(reader, spec);
  const wanted = [...spec.drivers.map((name) => drivers[name]), ...extra];
  const ofFold = async ({ knownUntil }: Fold) =>
    spec.drivers_named
      ? { available: wanted, left_out: [] }
      : await driversWithFacts(reader, wanted, { cutoff: dateOf(knownUntil), knownAt });
  const available: Awaited<ReturnType<typeof ofFold>>[] = [];
  for (const fold of folds) available.push(await ofFold(fold));
  const inAny = wanted.filter((driver) => available.some((fold) => fold.available.includes(driver)));
  for (const driver of inAny) {
    const to = dateOf(grain.lastDay(lastRow));
    await driver.require?.(reader, { from: range.from, to });
  }
  const scopeOf = (some: readonly Driver[]): FrameScope => ({
    spec: { ...spec, drivers: some.map(({ name }) => name).filter(isDriverName) },
    grain,
    ...{
      cutoff: grain.lastDay(lastPeriod),
      lastPeriod,
      lastRow,
      leftOut: range.leftOut,
      horizon,
      folds,
    },
    recorded: recordedBy(knownAt),
    complete: completeSql(grain, range.leftOut),
    ...selection,
  });
  requireExcludable(spec.exclude, columnsOf(scopeOf(wanted), wanted), definition.specPath);
  const scope = scopeOf(inAny);
  const reach = await readReach(reader, scope, inAny);
  const kept = folds.map((fold, index) => {
    const { available: ofThis = [], left_out = [] } = available[index] ?? {};
    const of = scopeOf(ofThis);
    const columns = columnsOf(of, ofThis);
    const hollow = hollowColumns(columns, fold, of, reach);
    const dropped = new Set(hollow.flatMap(({ columns: names }) => names ?? []));
    const names = new Set(columns.map(({ name }) => name).filter((name) => !dropped.has(name)));
    return { fold, scope: of, left_out: [...left_out, ...hollow], names };
  });
  const offers: Offer[][] = [];
  for (const { fold, scope: of, left_out } of kept) offers.push(await offersOf(reader, fold, of, left_out));
  const plan = planFrame(scope, inAny, new Set(kept.flatMap(({ names }) => [...names])));
  return {
    plan,
    definition,
    range: { from: range.from, to: dateOf(grain.lastDay(lastPeriod)) },
    loads: await loadsOf(reader, knownAt),
    not_reconstructed: knownAt === null ? null : { ...(await changedSince(reader, knownAt)), note },
    folds: kept.map(({ names, fold, scope: of, left_out }, index) => ({
      ...{ fold, spec: of.spec, left_out, offers: offers[index] ?? [] },
      columns: plan.columns.filter(({ name }) => names.has(name)),
    })),
  };
}

/** @throws FRAME_PERIOD_INCOMPLETE */
function foldOf(cutoff: string, grain: Grain, { from, to }: SalesExtent): Fold {
  const period = lastComplete(grain, dayOf(cutoff));
  const begun = grain.periodOf(dayOf(from));
  // Whether a period is the sum of days that sales do not have shows in the next one only.
  const first = grain.firstDay(begun) === dayOf(from) ? begun : begun + 1;
  if (period < first) {
    const [begins, ends] = [dateOf(grain.firstDay(first)), dateOf(grain.lastDay(first))];
    throw fail("FRAME_PERIOD_INCOMPLETE", { cutoff, freq: grain.freq, from, to, begins, ends });
  }
  return { cutoff, period, knownUntil: grain.lastDay(period) };
}

const completeSql = (grain: Grain, leftOut: Period | null) =>
  leftOut === null ? "true" : notWithinSql(grain.firstDay(leftOut), grain.lastDay(leftOut));

const isDriverName = (name: string): name is DriverName => name in drivers;

const note =
  "The knowledge time is compared with when rows were loaded, not with when things happened. " +
  "Rows loaded by the knowledge time and overwritten since have their new values, deleted rows are gone, " +
  "and the dimensions and the calendar are as they are now.";

/** Reads the facts into the engine and makes the series. */
export async function extractFacts(
  engine: Engine,
  reader: WarehouseReader,
  { plan, range }: PreparedFrames,
  onSlice?: (done: number, of: number) => void,
): Promise<void> {
  await stageTables(engine, reader, plan.staging, range, onSlice);
  for (const sql of plan.prepare) await engine.run(sql);
}

/** @throws FRAME_SELECTION_EMPTY, FRAME_SERIES_AMBIGUOUS */
export async function requireSeries(engine: Engine, { plan }: PreparedFrames): Promise<void> {
  const [first] = plan.scope.folds;
  if (first !== undefined) {
    const some = await engine.count(`SELECT count(*) FROM ${series} WHERE first_period <= ${first.period}`);
    if (some === 0) throw fail("FRAME_SELECTION_EMPTY", { cutoff: first.cutoff });
  }
  const [repeated] = await engine.rows<{ unique_id: string }>(
    `SELECT unique_id FROM ${series} GROUP BY unique_id HAVING count(*) > 1 ORDER BY unique_id LIMIT 1`,
  );
  if (repeated !== undefined) throw fail("FRAME_SERIES_AMBIGUOUS", { unique_id: repeated.unique_id });
}
