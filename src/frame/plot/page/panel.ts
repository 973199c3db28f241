import type { PlottedDay } from "../series.ts";
import { dateTicks } from "../ticks.ts";
import { amountText, cutoffOf, dateText, fullDateText, stepsText, unitText } from "../words.ts";
import { type Layout, labelGap, textWidth } from "./layout.ts";
import type { Box, Mark } from "./marks.ts";
import type { ShownSeries } from "./shown.ts";

/** The days after the cutoff as a tinted region, from the top of the panel down to the end of the picture. */
export function futureMarks(
  { training, future }: ShownSeries,
  { x, top, right }: Layout,
  end: number,
): Mark[] {
  if (future.length === 0) return [];
  const from = x(training.length);
  return [{ mark: "band", of: "future", x: from, y: top, width: right - from, height: end - top }];
}

/** Lines of the values with their labels left of them. */
export function valueAxis({ scale, left, right, y, size }: Layout): Mark[] {
  return scale.ticks.flatMap((tick): Mark[] => [
    { mark: "rule", of: tick === 0 ? "zero" : "grid", from: [left, y(tick)], to: [right, y(tick)] },
    {
      ...{ mark: "text", of: "label", anchor: "end", text: amountText(tick) },
      at: [left - 6, y(tick) + size.font * 0.35],
    },
  ]);
}

/** Weeks, months or years: a thin line through everything, and the label right of it below the panel. */
export function dateAxis(series: ShownSeries, layout: Layout, end: number): Mark[] {
  const { x, right, top, bottom, size } = layout;
  const dates = [...series.training, ...series.future].map(({ ds }) => ds);
  const widthOf = (label: string) => textWidth(label, size) + 1.6 * size.font;
  const ticks = dateTicks(dates, { at: x, widthOf, end: right + 1.6 * size.font });
  const cutoff = x(series.training.length);
  const crosses = (from: number, label: string) => from < cutoff && from + textWidth(label, size) > cutoff;
  return ticks.flatMap(({ index, label }): Mark[] => {
    const [at, below] = [x(index), bottom + size.font + 3];
    const line: Mark = { mark: "rule", of: "grid", from: [at, top], to: [at, end] };
    const named: Mark = { mark: "text", of: "label", at: [at + 3, below], text: label };
    return crosses(at + 3, label) ? [line] : [line, named];
  });
}

/** `y` as bars; where a bar would be thinner than a line, neighbors touch. Bars of days with a stockout have another color. */
export function barMarks({ training }: ShownSeries, { x, y, slot }: Layout): Mark[] {
  const gap = slot < 3 ? 0 : slot * 0.22;
  const box = ({ y: value }: PlottedDay, index: number): Box[] => {
    if (value === null || value === 0) return [];
    const [from, to] = [y(Math.max(0, value)), y(Math.min(0, value))];
    return [{ x: x(index) + gap / 2, y: from, width: slot - gap, height: Math.max(0.75, to - from) }];
  };
  const boxes = training.map(box);
  const out = (index: number) => training[index]?.stockout === true;
  const [usual, censored] = [false, true].map((wanted) =>
    boxes.filter((_, index) => out(index) === wanted).flat(),
  );
  return [
    { mark: "bars", of: "bar", boxes: usual ?? [] },
    { mark: "bars", of: "bar-stockout", boxes: censored ?? [] },
  ].filter(({ boxes }) => boxes.length > 0) as Mark[];
}

export function meanMarks({ means }: ShownSeries, { x, y, slot }: Layout): Mark[] {
  const points = means.map((mean, index) =>
    mean === null ? null : ([x(index) + slot / 2, y(mean)] as const),
  );
  return points.some((point) => point !== null) ? [{ mark: "line", of: "mean", points }] : [];
}

/** How many lines of labels are above the panel: two if the name of the future has no room right of the cutoff. */
export function labelRows(series: ShownSeries, layout: Layout): number {
  const { x, right, size } = layout;
  const ahead = right - x(series.training.length);
  return series.future.length > 0 && before(series, layout) && textWidth(futureText(series), size) > ahead
    ? 2
    : 1;
}

/** Above the panel: the unit, the line of the cutoff with its date, and how much there is to forecast. */
export function regionMarks(series: ShownSeries, layout: Layout, end: number): Mark[] {
  const { x, right, top, size } = layout;
  const cutoff = cutoffOf(series);
  const row = top - labelGap;
  const unit: Mark = {
    mark: "text",
    of: "unit",
    at: [0, row],
    text: `${unitText(series)} per ${series.step}`,
  };
  if (cutoff === undefined) return [unit];
  const at = x(series.training.length);
  const line: Mark = { mark: "rule", of: "cutoff", from: [at, top - size.font - labelGap], to: [at, end] };
  const future = futureText(series);
  if (!before(series, layout)) {
    const text = `cutoff ${dateText(cutoff)}, ${future}`;
    const fits = at + textWidth(text, size) <= right;
    return [line, { mark: "text", of: "strong", at: [at + 6, row], text: fits ? text : "" }];
  }
  const known: Mark = {
    mark: "text",
    of: "strong",
    anchor: "end",
    at: [at - 6, row],
    text: cutoffText(cutoff, size.name),
  };
  const ahead: Mark =
    labelRows(series, layout) === 1
      ? { mark: "text", of: "ahead", at: [at + 6, row], text: future }
      : { mark: "text", of: "ahead", anchor: "end", at: [right, row - size.font - 6], text: future };
  return [unit, line, known, ahead];
}

const futureText = (series: ShownSeries) => `${stepsText(series.future.length, series)} to forecast`;

const cutoffText = (cutoff: string, name: string) =>
  `cutoff ${name === "wide" ? fullDateText(cutoff) : dateText(cutoff)}`;

/** Whether the unit and the cutoff have room left of its line. */
function before(series: ShownSeries, { x, size }: Layout): boolean {
  const texts = [`${unitText(series)} per ${series.step}`, cutoffText(cutoffOf(series) ?? "", size.name)];
  return texts.reduce((sum, text) => sum + textWidth(text, size) + 8, 0) <= x(series.training.length);
}
