import type { Context } from "../command.ts";

export interface PlotOptions {
  series: string;
  days?: string;
}

/** `frame plot`: needs no database, only the files. */
export async function plotFrame(
  { output, signal }: Context,
  file: string,
  { series, days }: PlotOptions,
): Promise<undefined> {
  const { fail } = await import("../../errors.ts");
  if (days !== undefined && !/^[1-9]\d{0,4}$/.test(days)) {
    throw fail("USAGE", { problem: `--days takes a number of days, not ${days}.` });
  }
  const { readSeries, renderPlot } = await import("../../frame/index.ts");
  const plotted = await readSeries(file, series, signal);
  output.result(plotted);
  const { width, colors } = output;
  for (const line of renderPlot(plotted, {
    width,
    colors,
    days: days === undefined ? undefined : Number(days),
  })) {
    output.line(line);
  }
}
