import * as kinds from "../../system/arguments.ts";
import { cutEnd } from "../../system/display-width.ts";
import { visible } from "../../system/visible-text.ts";
import { axis, chart } from "./chart.ts";
import { type Columns, columnsOf } from "./columns.ts";
import type { PlottedSeries } from "./series.ts";
import { legend, stripLine } from "./strips.ts";
import { margin, type PlotStyle } from "./style.ts";

/**
 * Draws a series as text: `y` as bars over its last days, nothing for the days to forecast, and below it on the same columns
 * stockouts, promotions, the list price and holidays.
 *
 * @returns lines without line ends, at most as long as the width of the style
 * @example
 * import { readSeries, renderPlot } from "forecastlab";
 *
 * const same = (text: string) => text;
 * const colors = { bold: same, dim: same, red: same, green: same, cyan: same, yellow: same };
 * const series = await readSeries("frame.parquet", "S1/A");
 * for (const line of renderPlot(series, { width: 80, days: 90, colors })) console.log(line);
 */
export function renderPlot(series: PlottedSeries, style: PlotStyle): string[] {
  kinds.requireArguments("renderPlot", { series, style }, { series: kinds.object, style: kinds.object });
  const { days, colors } = style;
  const width = Math.max(style.width, 40);
  // The axis is left of the columns, and the cutoff between them.
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

/** `S1/A`, `y of 39 days, then 28 to forecast`, and if so `a column is the mean of 2 days` */
function heading({ unique_id }: PlottedSeries, { training, future, days_per_column }: Columns): string[] {
  const ahead = future.length === 0 ? "" : `, then ${future.flat().length} to forecast`;
  const known = training.flat().length;
  return [
    unique_id,
    `y of ${known} ${known === 1 ? "day" : "days"}${ahead}`,
    ...(days_per_column === 1 ? [] : [`a column is the mean of ${days_per_column} days`]),
  ];
}

/** Names come from data: they may hold anything. */
const cut = (line: string, width: number) => cutEnd(visible(line), width);
