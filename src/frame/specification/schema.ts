import { z } from "zod";
import { didYouMean } from "../../system/did-you-mean.ts";
import { numberText } from "../../system/numbers.ts";
import { freqs, weekdays } from "../grain.ts";
import { defaultedOptions, driverNames, productAttributes, statNames, storeAttributes } from "./types.ts";

/* What is valid in a spec, independent of the horizon; docs/frames.md says what it means. */

/** More days than any warehouse has: a larger number is a mistake. */
const longest = 10_000;
/** Ten years. The SQL of a weekday window has a term per week. */
const mostWeeks = 520;

/** The value that was given, shortened for a sentence. */
function given(input: unknown): string {
  const text = typeof input === "string" ? input : asJson(input);
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}

function asJson(input: unknown): string {
  try {
    return JSON.stringify(input);
  } catch {
    return "something that contains itself";
  }
}

/** An error that says what is valid here, and what was given. Text is quoted, because "28" is not a number. */
const must = (what: string) => ({
  error: ({ input }: { readonly input?: unknown }) =>
    input === undefined
      ? "is missing"
      : `must be ${what}, not ${typeof input === "string" ? asJson(given(input)) : given(input)}`,
});

/** One of a few words. The error of a misspelled word suggests the nearest one. */
function oneOf(words: readonly string[]) {
  return {
    error: ({ input }: { readonly input?: unknown }) => {
      if (input === undefined) return "is missing";
      const guess = typeof input === "string" ? didYouMean(input, words) : undefined;
      const hint = guess === undefined ? "" : `; ${guess}`;
      return `must be one of ${words.join(", ")}, not ${given(input)}${hint}`;
    },
  };
}

const choice = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, oneOf(words));

/** Without quotes, YAML reads `null` as NULL; it means the word here. */
const choiceOrNull = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.union([z.enum(words), z.null()], oneOf(words));

function whole(least: number, most: number, multiple = 1) {
  const kind = multiple === 1 ? "a whole number" : `a multiple of ${multiple}`;
  const what = must(`${kind} from ${least} to ${numberText(most)}`);
  return z.int(what).min(least, what).max(most, what).multipleOf(multiple, what);
}

const list = <Element extends z.ZodType>(element: Element, what: string) =>
  z.array(element, must(`a list of ${what}`));

const value = z.string("must be text").min(1, "must not be empty");
const values = z.union([value, z.array(value).min(1, "must name at least one value")], {
  error: "must be a value or a list of values",
});

/** A filter on attributes: the selected values of each. */
function filterOn<Names extends readonly string[]>(names: Names) {
  const shape = Object.fromEntries(names.map((name) => [name, values.optional()]));
  return z
    .strictObject(shape as Record<Names[number], z.ZodOptional<typeof values>>, must("a map of attributes"))
    .optional();
}

const days = whole(1, longest);
const stats = list(choice(statNames), statNames.join(", ")).min(1, "must name at least one");
const lags = list(days, "numbers of days").optional();

const windows = list(
  z.strictObject(
    {
      ...{ days: days.optional(), weeks: days.optional(), months: days.optional(), periods: days.optional() },
      ...{ stats, lag: days.optional() },
      ...{ min_days: days.optional(), min_weeks: days.optional(), min_months: days.optional() },
      min_periods: days.optional(),
    },
    must("a map with days and stats"),
  ),
  "windows",
).optional();

const weekdayWindow = z.strictObject(
  {
    weeks: whole(1, mostWeeks),
    stats,
    lag: whole(7, longest, 7).optional(),
    min_weeks: whole(1, mostWeeks).optional(),
  },
  must("a map with weeks and stats"),
);

const historic = z.strictObject({ lags, windows }, must("a map with lags or windows")).optional();

const separator = z
  .string("must be text")
  .regex(/^[^\p{Cc}]{1,10}$/u, "must be 1 to 10 characters, such as /");

const dayOfMonth = must("a day of the month from 1 to 31, or last");
const payday = z.union([z.int().min(1, dayOfMonth).max(31, dayOfMonth), z.literal("last")], dayOfMonth);

export const specSchema = z.strictObject({
  version: z.literal(1, must("1")),
  freq: choice(freqs).optional(),
  week_start: choice(weekdays).nullable().optional(),
  series: z
    .strictObject(
      {
        store: filterOn(storeAttributes),
        product: filterOn(productAttributes),
        separator: separator.optional(),
      },
      must("a map of store, product and separator"),
    )
    .optional(),
  target: choice(["quantity", "total_amount"]).optional(),
  fill: choiceOrNull(["zero", "null"]).optional(),
  closed_days: choice(["zero", "mask", "drop"]).optional(),
  ended: z
    .strictObject(
      {
        after_days: whole(0, longest).nullable().optional(),
        policy: choice(["keep", "trim", "drop"]).optional(),
      },
      must("a map of after_days and policy"),
    )
    .optional(),
  mode: choice(["direct", "recursive"]).optional(),
  lags,
  windows,
  weekday_windows: list(weekdayWindow, "windows").optional(),
  drivers: list(choice(driverNames), "drivers").optional(),
  add_drivers: list(choice(driverNames), "drivers").optional(),
  // Written by manifests, whose spec lists all of its drivers, so that the spec can be used again.
  drivers_named: z.boolean(must("true or false")).optional(),
  // Written by manifests too: which of its lags and windows are the default ones.
  defaulted: list(choice(defaultedOptions), "options of lags and windows").optional(),
  historic_min_lag: z.union([z.literal("horizon"), z.literal(1)], must("horizon or 1")).optional(),
  inventory: historic,
  traffic: historic,
  weather: historic,
  observed_price: historic,
  price_gaps: choiceOrNull(["null", "forward_fill"]).optional(),
  paydays: list(payday, "days of the month").optional(),
  exclude: list(value, "columns").optional(),
});
