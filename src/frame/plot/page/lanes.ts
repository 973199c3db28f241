import type { PlottedDay, Strip } from "../series.ts";
import { extentOf, priceText } from "../words.ts";
import { type Layout, textWidth } from "./layout.ts";
import type { Mark } from "./marks.ts";
import type { ShownSeries } from "./shown.ts";

/** Consecutive days, by index: from the first to the one after the last. */
interface Run {
  readonly from: number;
  readonly to: number;
}

const signs = {
  stockout: { title: "Stockout", is: ({ stockout }: PlottedDay) => stockout === true },
  promotion: { title: "Promotion", is: ({ promotion }: PlottedDay) => promotion === true },
  holiday: { title: "Holidays", is: ({ holiday }: PlottedDay) => holiday === true },
} as const;

/** Below the axis, on the same days: a lane with a title for each of the strips. */
export function laneMarks(series: ShownSeries, layout: Layout): { marks: Mark[]; end: number } {
  let end = layout.bottom + layout.size.font + 8;
  const marks = series.strips.flatMap((strip) => {
    const lane = laneOf(strip, series, layout, end);
    end = lane.end;
    return lane.marks;
  });
  return { marks, end: end + 6 };
}

/** Days with a stockout, behind the bars: there is nothing to see of sales that were not possible. */
export function tintMarks(series: ShownSeries, { x, top, bottom }: Layout): Mark[] {
  return runsOf(series.training, signs.stockout.is).map(({ from, to }) => ({
    ...{ mark: "band" as const, of: "tint-stockout", x: x(from), y: top },
    ...{ width: x(to) - x(from), height: bottom - top },
  }));
}

function laneOf(strip: Strip, series: ShownSeries, layout: Layout, top: number) {
  const days = [...series.training, ...series.future];
  const { font } = layout.size;
  const base = top + font + 12;
  const titled = (text: string): Mark => ({
    mark: "text",
    of: `title-${strip}`,
    at: [layout.left, base - 4],
    text,
  });
  const none = (title: string): Mark => ({ ...titled(`${title}: none`), of: "none" });
  if (strip === "list_price") {
    const range = extentOf(days.map(({ list_price }) => list_price));
    if (range === undefined) return { marks: [none("List price")], end: base };
    const height = font * 2;
    const marks = [
      titled(`List price ${priceText(range)}`),
      priceLine(days, range, layout, base + 3, height - 6),
    ];
    return { marks, end: base + height };
  }
  const { title, is } = signs[strip];
  const runs = runsOf(days, is, strip === "holiday" ? ({ holiday_name }) => holiday_name : undefined);
  if (runs.length === 0) return { marks: [none(title)], end: base };
  const height = 9;
  const bands = runs.map((run) => bandOf(strip, run, days, layout, base, height));
  const names = strip === "holiday" ? holidayNames(runs, series, layout, base + height + font) : [];
  return {
    marks: [titled(title), ...bands, ...names],
    end: base + height + (names.length > 0 ? font + 3 : 0),
  };
}

function bandOf(
  strip: Strip,
  { from, to }: Run,
  days: readonly PlottedDay[],
  layout: Layout,
  y: number,
  height: number,
): Mark {
  const [first, last] = [days[from]?.ds ?? "", days[to - 1]?.ds ?? ""];
  const name = strip === "holiday" ? ` ${days[from]?.holiday_name ?? ""}` : "";
  const says = `${first === last ? first : `${first} to ${last}`}${name}`;
  // A single day of many is still seen.
  const width = Math.max(2, layout.x(to) - layout.x(from));
  return { mark: "band", of: strip, x: layout.x(from), y, width, height, says };
}

/** The price as a line of steps. */
function priceLine(
  days: readonly PlottedDay[],
  [low, high]: readonly [number, number],
  { x }: Layout,
  top: number,
  height: number,
): Mark {
  const y = (price: number) =>
    high === low ? top + height / 2 : top + ((high - price) / (high - low)) * height;
  const points = days.flatMap(({ list_price: price }, index) =>
    price === null
      ? [null]
      : ([
          [x(index), y(price)],
          [x(index + 1), y(price)],
        ] as const),
  );
  return { mark: "line", of: "price", points };
}

/** The names that have room before the next one; one that would cross the cutoff ends at its day. */
function holidayNames(runs: readonly Run[], series: ShownSeries, layout: Layout, y: number): Mark[] {
  const days = [...series.training, ...series.future];
  const cutoff = layout.x(series.training.length);
  let free = 0;
  return runs.flatMap(({ from, to }): Mark[] => {
    const text = days[from]?.holiday_name ?? "";
    const [start, width] = [layout.x(from), textWidth(text, layout.size)];
    const crosses = start < cutoff && start + width > cutoff - 4;
    const [left, right] = crosses ? [layout.x(to) - width, layout.x(to)] : [start, start + width];
    if (text === "" || left < free || right > layout.right) return [];
    free = right + layout.size.font;
    return [
      { mark: "text", of: "label", at: [crosses ? right : left, y], text, ...(crosses && { anchor: "end" }) },
    ];
  });
}

/** The days that hold, neighbors together, unless what `apart` gives for them differs. */
function runsOf(
  days: readonly PlottedDay[],
  is: (day: PlottedDay) => boolean,
  apart: (day: PlottedDay) => unknown = () => undefined,
): Run[] {
  const runs: { from: number; to: number }[] = [];
  for (const [index, day] of days.entries()) {
    if (!is(day)) continue;
    const [last, before] = [runs.at(-1), days[index - 1]];
    if (last?.to === index && before !== undefined && apart(before) === apart(day)) last.to++;
    else runs.push({ from: index, to: index + 1 });
  }
  return runs;
}
