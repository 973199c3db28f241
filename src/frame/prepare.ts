import type { Engine } from "../duckdb/engine.ts";
import { fail } from "../errors.ts";
import { dateOf, dayOf } from "./days.ts";
import type { CheckedDefinition } from "./definition.ts";
import type { Driver, FrameScope } from "./drivers/driver.ts";
import { drivers as catalogue } from "./drivers/index.ts";
import type { Manifest, NotReconstructed } from "./manifest.ts";
import { columnsOf, type FramePlan, planFrame, requireExcludable } from "./plan.ts";
import {
  changedSince,
  driversWithFacts,
  loadsOf,
  recordedBy,
  requireCalendar,
  requireCutoff,
  selectionOf,
} from "./source/inspect.ts";
import type { Source } from "./source/source.ts";
import { stageAll } from "./source/stage.ts";

/** A frame that is planned, and what its manifest says of the warehouse. */
export interface Planned {
  readonly plan: FramePlan;
  readonly definition: CheckedDefinition;
  /** First and last day with facts. */
  readonly range: { readonly from: string; readonly to: string };
  readonly loads: readonly number[];
  readonly left_out: Manifest["left_out"];
  readonly not_reconstructed: NotReconstructed | null;
}

/** A driver beside those of the catalogue: how the audit is shown one that leaks. */
export type ExtraDriver = (scope: FrameScope) => Driver;

/**
 * Asks the warehouse whether there can be such a frame, and plans it. No fact is read.
 *
 * @throws FRAME_NO_SALES, FRAME_CUTOFF_OUTSIDE, FRAME_SELECTION_UNKNOWN, FRAME_CALENDAR_INCOMPLETE, FRAME_SPEC_INVALID
 */
export async function planFor(
  source: Source,
  definition: CheckedDefinition,
  extra: readonly ExtraDriver[] = [],
): Promise<Planned> {
  const { spec, knownAt, horizon } = definition;
  const cutoff = dayOf(definition.cutoff);
  const range = await requireCutoff(source, definition);
  const selection = await selectionOf(source, spec);
  const { kept, without } = spec.drivers_named
    ? { kept: spec.drivers, without: [] }
    : await driversWithFacts(source, spec.drivers, definition);
  if (kept.includes("calendar"))
    await requireCalendar(source, { from: range.from, to: dateOf(cutoff + horizon) });
  const scopeWith = (drivers: typeof kept): FrameScope => ({
    spec: { ...spec, drivers },
    cutoff,
    horizon,
    recorded: recordedBy(knownAt),
    ...selection,
  });
  const driversOf = (scope: FrameScope) => [
    ...scope.spec.drivers.map((name) => catalogue[name](scope)),
    ...extra.map((make) => make(scope)),
  ];
  const asked = scopeWith(spec.drivers);
  requireExcludable(spec.exclude, columnsOf(asked, driversOf(asked)), definition.specPath);
  const scope = scopeWith(kept);
  return {
    plan: planFrame(scope, driversOf(scope)),
    definition,
    range: { from: range.from, to: definition.cutoff },
    loads: await loadsOf(source, knownAt),
    left_out: without,
    not_reconstructed: knownAt === null ? null : { ...(await changedSince(source, knownAt)), note },
  };
}

const note =
  "Rows recorded by the knowledge time and overwritten since have their new values, deleted rows are gone, " +
  "and the dimensions and the calendar are as they are now.";

/** Reads the facts and makes the series. */
export async function stageFrame(
  engine: Engine,
  source: Source,
  { plan, range }: Planned,
  onPiece?: (done: number, of: number) => void,
): Promise<void> {
  await stageAll(engine, source, plan.stages, range, onPiece);
  for (const sql of plan.prepare) await engine.run(sql);
}

/** @throws FRAME_SELECTION_EMPTY, FRAME_SERIES_AMBIGUOUS */
export async function requireSeries(engine: Engine, { definition }: Planned): Promise<void> {
  if ((await engine.count("SELECT count(*) FROM series")) === 0) {
    throw fail("FRAME_SELECTION_EMPTY", { cutoff: definition.cutoff });
  }
  const [twice] = await engine.rows<{ unique_id: string }>(
    "SELECT unique_id FROM series GROUP BY unique_id HAVING count(*) > 1 ORDER BY unique_id LIMIT 1",
  );
  if (twice !== undefined) throw fail("FRAME_SERIES_AMBIGUOUS", { unique_id: twice.unique_id });
}
