import type { Column, FrameKind } from "../columns.ts";
import { dateOf, dayOf } from "../days.ts";
import type { Driver } from "../drivers/driver.ts";
import type { Grain, Period } from "../grain.ts";
import type { PreparedFrames } from "../prepare.ts";
import { frameTables } from "../source/frame-tables.ts";
import type { PerturbationKind } from "../source/warehouse-table.ts";
import type { Invariant } from "./compare-frames.ts";
import { isAffected, perturbationsOf } from "./perturbations.ts";

/** A change to the warehouse, and what of the frame must not change with it. */
export interface Check {
  readonly name: string;
  /** What is changed, and what must not change, in words. */
  readonly changed: string;
  readonly must_hold: string;
  /** SQL; $1 is `day`. */
  readonly statements: readonly string[];
  /** The statements change everything after it. */
  readonly day: string;
  readonly frames: readonly FrameKind[];
  /** Whether the frame must have the same rows. */
  readonly sameRows: boolean;
  readonly invariant: Invariant;
}

/** @param drivers all that can be in the frame */
export function checksOf({ plan, range }: PreparedFrames, drivers: readonly Driver[]): Check[] {
  const { cutoff, lastPeriod, grain, horizon } = plan.scope;
  const date = dateOf(cutoff);
  const tables = frameTables(drivers);
  const facts = perturbationsOf("facts", tables);
  const plans = perturbationsOf("plans", tables);
  const holidays = perturbationsOf("holidays", tables);
  const afterCutoff = { day: date, frames: ["training", "future"], sameRows: true } as const;
  /**
   * Changes facts of training days too: changes after the cutoff do not show whether a training row uses more than its lags say.
   * The series and their days may change with the facts.
   */
  const withinTraining = (name: string, period: Period): Check => {
    const day = dateOf(grain.lastDay(period));
    return {
      name,
      changed: `${facts.changes} after ${day}`,
      must_hold: `training features up to their lag after ${day}`,
      statements: facts.statements,
      day,
      frames: ["training"],
      sameRows: false,
      invariant: (column) => unchangedUpToLag(column, period, grain),
    };
  };
  const least = Math.min(...plan.columns.flatMap(({ lag }) => lag ?? []), horizon);
  const first = grain.periodOf(dayOf(range.from));
  return [
    {
      ...afterCutoff,
      name: "facts after the cutoff",
      changed: `${facts.changes} after ${date}`,
      must_hold: "every row, training and future",
      statements: facts.statements,
      invariant: () => "all",
    },
    {
      ...afterCutoff,
      name: "plans after the cutoff",
      changed: `${plans.changes} that start after ${date}, and ends after it`,
      must_hold: `training but planned ends; of the future all but ${plans.changes}`,
      statements: plans.statements,
      invariant: knownInAdvance("plans", drivers),
    },
    {
      ...afterCutoff,
      name: "holidays after the cutoff",
      changed: `${holidays.changes} after ${date}`,
      must_hold: "training but days_to_holiday; of the future all but the calendar",
      statements: holidays.statements,
      invariant: knownInAdvance("holidays", drivers),
    },
    withinTraining("facts within the smallest lag", lastPeriod - least),
    withinTraining("facts of the later half", first + Math.floor((lastPeriod - first) / 2)),
  ];
}

/** Columns of the drivers whose tables are changed may change: in the future frame all, in the training frame those that look ahead. */
function knownInAdvance(kind: PerturbationKind, drivers: readonly Driver[]): Invariant {
  const names = drivers.filter((driver) => isAffected(driver, kind)).map(({ name }) => name);
  return ({ driver, looksAhead }, frame) => {
    if (driver === null || !names.includes(driver)) return "all";
    return frame === "training" && looksAhead === undefined ? "all" : "none";
  };
}

/** A feature must not change in the rows whose lag keeps it from facts after the period. */
function unchangedUpToLag(column: Column, period: Period, grain: Grain): "all" | { readonly upTo: string } {
  if (column.class === "static" || column.class === "future") return "all";
  return { upTo: dateOf(grain.firstDay(period + (column.lag ?? 0))) };
}
