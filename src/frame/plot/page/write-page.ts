import { extname } from "node:path";
import { fail } from "../../../errors.ts";
import * as kinds from "../../../system/arguments.ts";
import { replaceFile } from "../../../system/atomic-write.ts";
import { asFileFailure } from "../../../system/file-failures.ts";
import { requirePlainFile } from "../../../system/plain-file.ts";
import type { PlottedSeries } from "../series.ts";
import { type PlotPageOptions, renderPlotPage } from "./render-page.ts";

export interface WrittenPlotPage {
  /** The file, as it was named. */
  readonly html: string;
  readonly bytes: number;
}

/**
 * Writes the page of a series, complete or not at all. An older file of that name is replaced.
 *
 * @param html the file; its name ends in .html or .htm, so that no frame is replaced by mistake
 * @throws ARGUMENT_INVALID, FILE_IS_DIRECTORY, FILE_NOT_PERMITTED, FILE_UNWRITABLE
 * @example
 * import { readSeries, writePlotPage } from "forecastlab";
 *
 * const { bytes } = await writePlotPage("best-seller.html", await readSeries("frame.parquet"));
 * console.log(bytes);
 */
export async function writePlotPage(
  html: string,
  series: PlottedSeries,
  options: PlotPageOptions = {},
): Promise<WrittenPlotPage> {
  kinds.requireArguments("writePlotPage", { html, series }, { html: kinds.text, series: kinds.object });
  kinds.requireArguments("writePlotPage", options ?? {}, { "days?": kinds.wholeNumber });
  requirePageFile(html);
  const page = renderPlotPage(series, options);
  await replaceFile(html, page).catch((error) => {
    throw asFileFailure(error, html, "written");
  });
  return { html, bytes: Buffer.byteLength(page) };
}

/** Requires that a page can be written there, before a frame is read for it. */
export function requirePageFile(html: string): void {
  if (![".html", ".htm"].includes(extname(html).toLowerCase())) {
    throw fail("FILE_UNWRITABLE", { path: html, reason: "the name of a page ends in .html or .htm" });
  }
  requirePlainFile(html);
}
