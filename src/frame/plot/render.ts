import * as kinds from "../../system/arguments.ts";
import { cutEnd } from "../../system/display-width.ts";
import { visible } from "../../system/visible-text.ts";
import { axis, regions } from "./axis.ts";
import { chart } from "./chart.ts";
import { type Columns, columnsOf } from "./columns.ts";
import type { PlottedSeries } from "./series.ts";
import { legend, stripLine } from "./strips.ts";
import { margin, type PlotStyle } from "./style.ts";
import { stepsText, unitText } from "./words.ts";

/**
 * Draws a series as text: `y` as bars over its last days (weeks, months), nothing for those to forecast, and below it on the
 * same columns stockouts, promotions, the list price and holidays.
 *
 * @returns lines without line ends, at most as wide as the style says
 * @example
 * import { readSeries, renderPlot } from "forecastlab";
 *
 * const same = (text: string) => text;
 * const colors = { bold: same, dim: same, red: same, green: same, cyan: same, yellow: same };
 * const series = await readSeries("frame.parquet", "S1/A");
 * for (const line of renderPlot(series, { width: 80, height: 24, days: 90, colors })) console.log(line);
 */
export function renderPlot(series: PlottedSeries, style: PlotStyle): string[] {
  kinds.requireArguments("renderPlot", { series, style }, { series: kinds.object, style: kinds.object });
  const { days, colors, height = 24 } = style;
  const width = Math.min(Math.max(style.width, 40), 200);
  // The axis is left of the columns, and the cutoff between them.
  const columns = columnsOf(series, width - margin - 2, days);
  const around = [
    ...axis(columns),
    ...series.strips.map((strip) => stripLine(strip, columns, colors)),
    ...legend(series, columns).map((line) => cut(line, width)),
  ];
  const above = [...heading(series, columns).map((line) => cut(line, width)), ""];
  // The prompt takes a line, and the command that was typed another one.
  const room = Math.min(24, Math.max(8, height - around.length - above.length - 3));
  return [
    ...above.map((line, index) => (index === 0 ? colors.bold(line) : line)),
    regions(series, columns, unitText(series)),
    ...chart(columns, room, colors),
    ...around,
  ];
}

/** `S1/A`, `units per day, the last 39 of 60 days, then 28 to forecast`, and if so `a column is the mean of 2 days` */
function heading(series: PlottedSeries, { training, days_per_column }: Columns): string[] {
  const [shown, all] = [training.flat().length, series.training.length];
  const days = shown < all ? `the last ${shown} of ${stepsText(all, series)}` : stepsText(all, series);
  const end =
    series.future.length === 0
      ? ` up to ${series.training.at(-1)?.ds}`
      : `, then ${series.future.length} to forecast`;
  return [
    series.unique_id,
    `${unitText(series)} per ${series.step}, ${days}${end}`,
    ...(days_per_column === 1 ? [] : [`a column is the mean of ${stepsText(days_per_column, series)}`]),
  ];
}

/** Names come from data: they may hold anything. */
const cut = (line: string, width: number) => cutEnd(visible(line), width);
