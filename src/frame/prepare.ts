import type { Engine } from "../duckdb/engine.ts";
import { fail } from "../errors.ts";
import { dateOf, dayOf } from "./days.ts";
import type { CheckedDefinition } from "./definition.ts";
import type { Driver } from "./drivers/driver.ts";
import { drivers } from "./drivers/index.ts";
import { series } from "./engine-tables.ts";
import type { Manifest, NotReconstructed } from "./manifest.ts";
import { columnsOf, type FramePlan, planFrame, requireExcludable } from "./plan.ts";
import type { FrameScope } from "./scope.ts";
import { driversWithFacts, requireCutoff } from "./source/facts.ts";
import type { WarehouseReader } from "./source/reader.ts";
import { changedSince, loadsOf, recordedBy } from "./source/recorded.ts";
import { selectionOf } from "./source/selection.ts";
import { stageTables } from "./source/stage-tables.ts";
import type { DriverName } from "./specification/index.ts";

/** A planned frame, and what its manifest says about the warehouse. */
export interface PreparedFrame {
  readonly plan: FramePlan;
  readonly definition: CheckedDefinition;
  /** First and last day with facts. */
  readonly range: { readonly from: string; readonly to: string };
  readonly loads: readonly number[];
  readonly left_out: Manifest["left_out"];
  readonly not_reconstructed: NotReconstructed | null;
}

/**
 * Checks that the warehouse has what the frame needs, and plans it. No facts are read.
 *
 * @param extra drivers that no spec can name, in addition to those of the spec
 * @throws FRAME_NO_SALES, FRAME_CUTOFF_OUTSIDE, FRAME_SELECTION_UNKNOWN, FRAME_CALENDAR_INCOMPLETE, FRAME_SPEC_INVALID
 */
export async function prepareFrame(
  reader: WarehouseReader,
  definition: CheckedDefinition,
  extra: readonly Driver[] = [],
): Promise<PreparedFrame> {
  const { spec, knownAt, horizon } = definition;
  const cutoff = dayOf(definition.cutoff);
  const range = await requireCutoff(reader, definition);
  const selection = await selectionOf(reader, spec);
  const wanted = [...spec.drivers.map((name) => drivers[name]), ...extra];
  const { available, left_out } = spec.drivers_named
    ? { available: wanted, left_out: [] }
    : await driversWithFacts(reader, wanted, definition);
  for (const driver of available) {
    await driver.require?.(reader, { from: range.from, to: dateOf(cutoff + horizon) });
  }
  const scopeOf = (some: readonly Driver[]): FrameScope => ({
    spec: { ...spec, drivers: some.map(({ name }) => name).filter(isDriverName) },
    cutoff,
    horizon,
    recorded: recordedBy(knownAt),
    ...selection,
  });
  requireExcludable(spec.exclude, columnsOf(scopeOf(wanted), wanted), definition.specPath);
  return {
    plan: planFrame(scopeOf(available), available),
    definition,
    range: { from: range.from, to: definition.cutoff },
    loads: await loadsOf(reader, knownAt),
    left_out,
    not_reconstructed: knownAt === null ? null : { ...(await changedSince(reader, knownAt)), note },
  };
}

const isDriverName = (name: string): name is DriverName => name in drivers;

const note =
  "The knowledge time is compared with when rows were loaded, not with when things happened. " +
  "Rows loaded by the knowledge time and overwritten since have their new values, deleted rows are gone, " +
  "and the dimensions and the calendar are as they are now.";

/** Reads the facts into the engine and makes the series. */
export async function extractFacts(
  engine: Engine,
  reader: WarehouseReader,
  { plan, range }: PreparedFrame,
  onSlice?: (done: number, of: number) => void,
): Promise<void> {
  await stageTables(engine, reader, plan.staging, range, onSlice);
  for (const sql of plan.prepare) await engine.run(sql);
}

/** @throws FRAME_SELECTION_EMPTY, FRAME_SERIES_AMBIGUOUS */
export async function requireSeries(engine: Engine, { definition }: PreparedFrame): Promise<void> {
  if ((await engine.count(`SELECT count(*) FROM ${series}`)) === 0) {
    throw fail("FRAME_SELECTION_EMPTY", { cutoff: definition.cutoff });
  }
  const [repeated] = await engine.rows<{ unique_id: string }>(
    `SELECT unique_id FROM ${series} GROUP BY unique_id HAVING count(*) > 1 ORDER BY unique_id LIMIT 1`,
  );
  if (repeated !== undefined) throw fail("FRAME_SERIES_AMBIGUOUS", { unique_id: repeated.unique_id });
}
