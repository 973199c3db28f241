import { amountText, cutoffOf, fullDateText, stepsText, unitText } from "../words.ts";
import { escaped } from "./escaped.ts";
import { laneMarks, tintMarks } from "./lanes.ts";
import { layoutOf, type Size } from "./layout.ts";
import { svgOf } from "./marks.ts";
import { barMarks, dateAxis, futureMarks, labelRows, meanMarks, regionMarks, valueAxis } from "./panel.ts";
import type { ShownSeries } from "./shown.ts";

/** One picture of a series as SVG, with a title and a description for those who do not see it. */
export function figureOf(series: ShownSeries, size: Size): string {
  const layout = layoutOf(series, size, labelRows(series, layoutOf(series, size, 1)));
  const { marks: lanes, end } = laneMarks(series, layout);
  const marks = [
    ...futureMarks(series, layout, end),
    ...tintMarks(series, layout),
    ...dateAxis(series, layout, end),
    ...valueAxis(layout).filter((mark) => mark.of !== "zero"),
    ...barMarks(series, layout),
    ...valueAxis(layout).filter((mark) => mark.of === "zero"),
    ...meanMarks(series, layout),
    ...lanes,
    ...regionMarks(series, layout, end),
  ];
  const [title, description] = [`${size.name}-title`, `${size.name}-description`];
  return `\
<svg class="${size.name}" role="img" aria-labelledby="${title} ${description}" viewBox="0 0 ${size.width} ${Math.ceil(end)}" font-size="${size.font}">
<title id="${title}">${escaped(series.unique_id)}</title>
<desc id="${description}">${escaped(descriptionOf(series))}</desc>
${svgOf(marks)}
</svg>`;
}

function descriptionOf(series: ShownSeries): string {
  const { training } = series;
  const [first, last] = [training[0]?.ds ?? "", training.at(-1)?.ds ?? ""];
  const highest = training.reduce((best, day) => ((day.y ?? 0) > (best?.y ?? 0) ? day : best), training[0]);
  const peak = highest?.y
    ? ` The highest value is ${amountText(highest.y)}, on ${fullDateText(highest.ds)}.`
    : "";
  const cutoff = cutoffOf(series);
  const ahead =
    cutoff === undefined
      ? ""
      : ` The cutoff is ${fullDateText(cutoff)}; ${stepsText(series.future.length, series)} after it are to forecast.`;
  return `Bars of ${unitText(series)} per ${series.step} from ${fullDateText(first)} to ${fullDateText(last)}.${peak}${ahead} All values are in the table below.`;
}
