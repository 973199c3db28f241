import { bytesText } from "../../system/numbers.ts";
import type { Context } from "../command.ts";

export interface PlotOptions {
  series?: string;
  days?: string;
  html?: string;
}

/** `frame plot`: needs no database, only the files. */
export async function plotFrame(
  { output, signal }: Context,
  file: string,
  { series, days: given, html }: PlotOptions,
): Promise<undefined> {
  const { fail } = await import("../../errors.ts");
  if (given !== undefined && !/^[1-9]\d{0,4}$/.test(given)) {
    throw fail("USAGE", { problem: `--days takes a number of days, not ${given}.` });
  }
  const days = given === undefined ? undefined : Number(given);
  const { readSeries, renderPlot, requirePageFile, writePlotPage } = await import("../../frame/index.ts");
  if (html !== undefined) requirePageFile(html);
  const plotted = await readSeries(file, series, signal);
  if (html === undefined) {
    output.result(plotted);
    const { width, height, colors } = output;
    for (const line of renderPlot(plotted, { width, height, colors, days })) output.line(line);
  } else {
    const written = await writePlotPage(html, plotted, { days });
    output.result({ ...plotted, ...written });
    output.report(`${plotted.unique_id} in ${html}, ${bytesText(written.bytes)}`);
  }
  if (series === undefined) {
    output.note(`note ${plotted.unique_id} is the best seller; another one: --series NAME`);
  }
}
