import { Temporal } from "temporal-polyfill";
import { dateOf, dayOf } from "../days.ts";
import type { PlotStep, PlottedDay } from "./series.ts";

/** The step of a series without a manifest: of months, of weeks, else of days. */
export function stepOf(days: readonly PlottedDay[]): PlotStep {
  if (days.length < 2) return "day";
  if (days.every(({ ds }) => ds.endsWith("-01"))) return "month";
  const gaps = days.slice(1).map(({ ds }, index) => dayOf(ds) - dayOf(days[index]?.ds ?? ds));
  return gaps.every((gap) => gap > 0 && gap % 7 === 0) ? "week" : "day";
}

/** Adds the days, weeks or months that the frame leaves out (`closed_days: drop`), without values, up to the days to forecast. */
export function completePeriods(
  training: readonly PlottedDay[],
  future: readonly PlottedDay[],
  step: PlotStep,
): { training: PlottedDay[]; future: PlottedDay[] } {
  const known = [...training, ...future];
  const byDate = new Map(known.map((day) => [day.ds, day]));
  const dates = new Set([...byDate.keys(), ...datesOf(known, step)]);
  const all = [...dates].sort().map((ds) => byDate.get(ds) ?? { ...nothing, ds });
  const ahead = future[0]?.ds;
  const isKnown = ({ ds }: PlottedDay) => ahead === undefined || ds < ahead;
  return { training: all.filter(isKnown), future: all.filter((day) => !isKnown(day)) };
}

/** Every date from the first on, in steps, up to the last. */
function datesOf(days: readonly PlottedDay[], step: PlotStep): string[] {
  const [first, last] = [days[0]?.ds, days.at(-1)?.ds];
  if (first === undefined || last === undefined) return [];
  if (step === "month") {
    const from = Temporal.PlainDate.from(first);
    const { months } = from.until(last, { largestUnit: "months" });
    return Array.from({ length: months + 1 }, (_, index) => from.add({ months: index }).toString());
  }
  const [from, each] = [dayOf(first), step === "week" ? 7 : 1];
  const count = Math.floor((dayOf(last) - from) / each) + 1;
  return Array.from({ length: count }, (_, index) => dateOf(from + index * each));
}

const nothing: Omit<PlottedDay, "ds"> = {
  y: null,
  stockout: null,
  promotion: null,
  list_price: null,
  holiday: null,
  holiday_name: null,
};
