import { numberText } from "../../system/numbers.ts";
import { dateOf, dayOf } from "../days.ts";
import type { PlottedSeries } from "./series.ts";

/** What `y` counts: `units`, `amount`, or `y` if there is no manifest that says it. */
export function unitText({ target }: Pick<PlottedSeries, "target">): string {
  return target === null ? "y" : { quantity: "units", total_amount: "amount" }[target];
}

/** `1 week`, `28 days` */
export const stepsText = (count: number, { step }: Pick<PlottedSeries, "step">): string =>
  `${numberText(count)} ${step}${count === 1 ? "" : "s"}`;

/** The last known day: the one before the first to forecast. Undefined if there is nothing to forecast. */
export function cutoffOf({ future }: Pick<PlottedSeries, "future">): string | undefined {
  const [first] = future;
  return first && dateOf(dayOf(first.ds) - 1);
}

/** `Apr` */
export const monthText = (ds: string): string => months[Number(ds.slice(5, 7)) - 1] ?? "";

/** `Apr 2` */
export const dateText = (ds: string): string => `${monthText(ds)} ${Number(ds.slice(8, 10))}`;

/** `Apr 2, 2024` */
export const fullDateText = (ds: string): string => `${dateText(ds)}, ${Number(ds.slice(0, 4))}`;

const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** At most ten characters: short whole numbers as they are, other numbers with three digits. */
export function amountText(value: number): string {
  if (Math.abs(value) >= 1_000_000)
    return Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 4 }).format(value);
  if (value !== 0 && Math.abs(value) < 0.001) return value.toExponential(1);
  const shown = Number.isInteger(value) ? value : Number(value.toPrecision(3));
  return numberText(shown, 4);
}

/** The range of the values that are known; undefined if there are none. */
export function extentOf(
  values: readonly (number | null)[],
): readonly [low: number, high: number] | undefined {
  let found: [number, number] | undefined;
  for (const value of values) {
    if (value !== null)
      found = found ? [Math.min(found[0], value), Math.max(found[1], value)] : [value, value];
  }
  return found;
}

/** `8.49`, `8.49 to 9.99` */
export const priceText = ([low, high]: readonly [number, number]): string =>
  low === high ? low.toFixed(2) : `${low.toFixed(2)} to ${high.toFixed(2)}`;

/** Holidays with their first day shown, each day that has one: `2024-04-01 Easter Monday`. */
export const holidaysOf = ({ training, future }: Pick<PlottedSeries, "training" | "future">) =>
  [...training, ...future].flatMap(({ ds, holiday_name }) =>
    holiday_name === null ? [] : [{ ds, name: holiday_name }],
  );
