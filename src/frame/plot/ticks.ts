import { dayOf } from "../days.ts";
import { dateText, monthText } from "./words.ts";

/** Round values from `from` (0 or below) to `to`, evenly apart, that enclose what is shown. */
export interface ValueScale {
  readonly from: number;
  readonly to: number;
  /** The distance of two ticks: 1, 2 or 5 times a power of ten, or 25, 250, … */
  readonly step: number;
  readonly ticks: readonly number[];
}

/**
 * A scale that starts at 0, or below it if a value does, with at most so many intervals.
 *
 * @param low the lowest value shown
 * @param high the highest value shown
 */
export function valueScale(low: number, high: number, intervals: number): ValueScale {
  const bottom = Math.min(0, low);
  // What is smaller has too few digits for a scale.
  const top = Math.max(0, high) - bottom < 1e-300 ? 1 : Math.max(0, high);
  const span = top - bottom;
  const counted = niceSteps(span / intervals).map((step) => ({ step, count: countOf(bottom, top, step) }));
  const fits = counted.filter(({ count }) => count <= intervals);
  // The least room without bars; then the finer ticks, which come first.
  const tight = Math.min(...fits.map(({ step, count }) => step * count));
  const step = fits.find(({ step, count }) => step * count <= tight * 1.001)?.step ?? span;
  const first = Math.floor(cleaned(bottom / step));
  const last = Math.max(Math.ceil(cleaned(top / step)), first + 1);
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => cleaned((first + index) * step));
  return { from: cleaned(first * step), to: cleaned(last * step), step, ticks };
}

const countOf = (bottom: number, top: number, step: number) =>
  Math.ceil(cleaned(top / step)) - Math.floor(cleaned(bottom / step));

function niceSteps(least: number): number[] {
  const power = 10 ** Math.floor(Math.log10(least));
  // A quarter of less than 100, such as 2.5 units, is not round.
  const quarters = power >= 10 ? [2.5] : [];
  return [1, 2, ...quarters, 5, 10, 20, 50]
    .map((times) => cleaned(times * power))
    .filter((step) => step >= least * 0.999);
}

/** Without what binary fractions add: 0.30000000000000004 is 0.3. */
const cleaned = (value: number) => Number(value.toPrecision(12));

/** A date on the axis. */
export interface DateTick {
  /** The place of its day in the list. */
  readonly index: number;
  readonly label: string;
}

export interface DateRoom {
  /** Where the day at an index is. */
  readonly at: (index: number) => number;
  /** What a label takes, with the least gap to the next one. */
  readonly widthOf: (label: string) => number;
  /** Labels end before it. */
  readonly end: number;
}

/**
 * The finest ticks whose labels do not overlap: weeks if there are less than three months, else months, quarters or years.
 *
 * @param dates `YYYY-MM-DD`, in order
 */
export function dateTicks(dates: readonly string[], room: DateRoom): DateTick[] {
  const months = [1, 2, 3, 6].map((each) => monthTicks(dates, each));
  const years = [1, 2, 5, 10, 20, 50, 100].map((each) => yearTicks(dates, each));
  const few = (months[0]?.length ?? 0) < 3;
  const weeks = few ? [1, 2, 4].map((each) => weekTicks(dates, each)) : [];
  const first = [{ index: 0, label: dateText(dates[0] ?? "") }];
  const candidates = [...weeks, ...months, ...years];
  const fit = candidates.map((ticks) => fitting(ticks, room) ?? []);
  return fit.find(({ length }) => length > 1) ?? fit.find(({ length }) => length > 0) ?? first;
}

/** The ticks without those behind the end; undefined if two overlap. */
function fitting(ticks: readonly DateTick[], { at, widthOf, end }: DateRoom): DateTick[] | undefined {
  const within = ticks.filter(({ index, label }) => at(index) + widthOf(label) <= end);
  const overlaps = within.some(({ index, label }, order) => {
    const next = within[order + 1];
    return next !== undefined && at(index) + widthOf(label) > at(next.index);
  });
  return overlaps ? undefined : within;
}

/** Mondays, or the first days of weeks that start on another day. */
function weekTicks(dates: readonly string[], each: number): DateTick[] {
  const days = dates.map(dayOf);
  const weekly = days.every((day, index) => index === 0 || (day - (days[index - 1] ?? 0)) % 7 === 0);
  return dates.flatMap((ds, index) => {
    const day = days[index] ?? 0;
    // 1970-01-05 was a Monday.
    const starts = weekly || (day - 4) % 7 === 0;
    return starts && Math.floor((day - 4) / 7) % each === 0 ? [{ index, label: dateText(ds) }] : [];
  });
}

/** The first day shown of a month; of the very first month only if it is shown from its start. January is named by its year. */
function monthTicks(dates: readonly string[], each: number): DateTick[] {
  return startsOf(dates, 7)
    .filter(({ ds }) => (Number(ds.slice(5, 7)) - 1) % each === 0)
    .map(({ ds, index }) => ({ index, label: ds.slice(5, 7) === "01" ? ds.slice(0, 4) : monthText(ds) }));
}

const yearTicks = (dates: readonly string[], each: number): DateTick[] =>
  startsOf(dates, 4)
    .filter(({ ds }) => Number(ds.slice(0, 4)) % each === 0)
    .map(({ ds, index }) => ({ index, label: ds.slice(0, 4) }));

/** Where the first characters of the date change. */
function startsOf(dates: readonly string[], characters: number): { ds: string; index: number }[] {
  const isStart = (ds: string, index: number) =>
    index === 0
      ? ds.endsWith("-01".repeat(characters === 4 ? 2 : 1))
      : ds.slice(0, characters) !== dates[index - 1]?.slice(0, characters);
  return dates.map((ds, index) => ({ ds, index })).filter(({ ds, index }) => isStart(ds, index));
}
