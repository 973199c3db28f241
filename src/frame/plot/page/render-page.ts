import * as kinds from "../../../system/arguments.ts";
import type { PlottedSeries } from "../series.ts";
import { cutoffOf, fullDateText, stepsText, unitText } from "../words.ts";
import { dataTable } from "./data-table.ts";
import { escaped } from "./escaped.ts";
import { factsOf, holidayList, legendOf } from "./facts.ts";
import { figureOf } from "./figure.ts";
import { sizes } from "./layout.ts";
import { pageStyle } from "./page-style.ts";
import { type ShownSeries, shownOf } from "./shown.ts";

export interface PlotPageOptions {
  /** How many days (weeks, months) of the past to show. Default: 182 days, 104 weeks or 60 months. */
  readonly days?: number | undefined;
}

/**
 * Draws a series as one page of HTML that needs nothing else: no network and no script. It has the picture for a desk and for a
 * phone, in light and dark colors, and the numbers as a table.
 *
 * @returns the text of the page; the same series gives the same text
 * @throws ARGUMENT_INVALID
 * @example
 * import { readSeries, renderPlotPage } from "forecastlab";
 *
 * const page = renderPlotPage(await readSeries("frame.parquet", "S1/A"), { days: 90 });
 * console.log(page.length);
 */
export function renderPlotPage(series: PlottedSeries, options: PlotPageOptions = {}): string {
  kinds.requireArguments(
    "renderPlotPage",
    { series, options },
    { series: kinds.object, options: kinds.object },
  );
  kinds.requireArguments("renderPlotPage", options, { "days?": kinds.wholeNumber });
  const shown = shownOf(series, options.days);
  const name = escaped(series.unique_id);
  return `\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${name}</title>
<style>
${pageStyle}
</style>
</head>
<body>
<main>
<h1><bdi>${name}</bdi></h1>
<p class="deck">${deckOf(shown)}</p>
${factsOf(shown)}
<figure>
${legendOf(shown)}
${figureOf(shown, sizes.wide)}
${figureOf(shown, sizes.narrow)}
</figure>
${holidayList(shown)}
${dataTable(shown)}
</main>
</body>
</html>
`;
}

/** What is shown, in a sentence or two. */
function deckOf(series: ShownSeries): string {
  const { training, known, step } = series;
  const [first, last] = [training[0]?.ds, training.at(-1)?.ds].map((ds) => escaped(fullDateText(ds ?? "")));
  const unit = unitText(series);
  const what = `${unit === "y" ? unit : `${unit.charAt(0).toUpperCase()}${unit.slice(1)}`} per ${step}, ${first} to ${last}`;
  const part = training.length < known ? `, the last ${training.length} of ${stepsText(known, series)}` : "";
  const ahead =
    cutoffOf(series) === undefined
      ? ""
      : ` Shaded: the ${stepsText(series.future.length, series)} to forecast.`;
  return `${what}${part}.${ahead}`;
}
