import { axis, chart } from "./chart.ts";
import { type Columns, columnsOf } from "./columns.ts";
import type { PlottedSeries } from "./series.ts";
import { legend, stripLine } from "./strips.ts";
import { margin, type PlotStyle } from "./style.ts";

/**
 * Draws a series: `y` as bars over its last days, the days to forecast blank behind the cutoff, and on the same columns
 * beneath it when it was out of stock, on promotion, its list price, and holidays. Lines without an end, within the width.
 */
export function renderPlot(series: PlottedSeries, style: PlotStyle): string[] {
  const { days, colors } = style;
  const width = Math.max(style.width, 40);
  // Left of the columns stands the axis, among them the cutoff.
  const columns = columnsOf(series, width - margin - 2, days);
  return [
    ...heading(series, columns).map((line, index) =>
      index === 0 ? colors.bold(cut(line, width)) : cut(line, width),
    ),
    "",
    ...chart(columns, colors),
    ...axis(columns),
    ...series.strips.map((strip) => stripLine(strip, columns, colors)),
    ...legend(series, columns).map((line) => cut(line, width)),
  ];
}

/** `S1/A`, `y of 39 days, then 28 to forecast`, and where it is so `a column is the mean of 2 days` */
function heading({ unique_id }: PlottedSeries, { training, future, days_per_column }: Columns): string[] {
  const ahead = future.length === 0 ? "" : `, then ${future.flat().length} to forecast`;
  const known = training.flat().length;
  return [
    unique_id,
    `y of ${known} ${known === 1 ? "day" : "days"}${ahead}`,
    ...(days_per_column === 1 ? [] : [`a column is the mean of ${days_per_column} days`]),
  ];
}

const cut = (line: string, width: number) => (line.length <= width ? line : `${line.slice(0, width - 1)}…`);
