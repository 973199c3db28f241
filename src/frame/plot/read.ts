import { existsSync, readdirSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { quoteLiteral } from "../../database/identifiers.ts";
import { type Engine, withEngine } from "../../duckdb/engine.ts";
import { ForecastLabError, fail } from "../../errors.ts";
import * as kinds from "../../system/arguments.ts";
import { didYouMean } from "../../system/did-you-mean.ts";
import { asFileFailure, withFileFailures } from "../../system/file-failures.ts";
import { placeOf } from "../output/place.ts";
import { arrowRows } from "./arrow-rows.ts";
import { type FrameRows, plottedColumns } from "./frame-rows.ts";
import { readManifestFacts } from "./manifest-facts.ts";
import { completePeriods, stepOf } from "./periods.ts";
import type { PlottedSeries, Strip } from "./series.ts";
import { tableRows } from "./table-rows.ts";

/**
 * Reads one series of a frame from its files: the days of the training frame from `path`, and those of the future frame from the
 * file or folder next to it, if there is one. The manifest, if there is one, gives the target and the grain.
 *
 * @param path the training file as Parquet, Arrow or CSV, or the folder of a partitioned frame
 * @param series its `unique_id`; default: the best seller, which has the largest sum of `y` (of equal ones the first by name)
 * @returns one element per day, week or month, without gaps; values that the frame does not have are null
 * @throws FILE_NOT_FOUND, FILE_NOT_PERMITTED, FRAME_NOT_PLOTTABLE, FRAME_SERIES_UNKNOWN
 * @example
 * import { readSeries } from "forecastlab";
 *
 * const { training, future } = await readSeries("frame.parquet", "S1/A");
 * console.log(training.at(-1)?.y, future.map(({ list_price }) => list_price));
 * const { unique_id } = await readSeries("frame.arrow");
 * console.log("the best seller is", unique_id);
 */
export async function readSeries(
  path: string,
  series?: string,
  signal?: AbortSignal,
): Promise<PlottedSeries> {
  const given = { path, series, signal };
  kinds.requireArguments("readSeries", given, {
    path: kinds.text,
    "series?": kinds.text,
    "signal?": kinds.signal,
  });
  if (!existsSync(path)) throw fail("FILE_NOT_FOUND", { path });
  const folder = statSync(path).isDirectory();
  if (!folder && !readable(path)) throw unplottable(path, "its name ends in none of .parquet, .arrow, .csv");
  const place = placeOf(path, undefined, folder);
  return withEngine(signal, async (engine) => {
    try {
      const known = await openRows(engine, path, place.training);
      if (!known.columns.has("y")) throw unplottable(path, "it has no column y, as a frame to forecast");
      const unique_id = series ?? (await known.bestSeller());
      if (unique_id === undefined) throw unplottable(path, "it has no rows");
      const days = await known.daysOf(unique_id);
      if (days.length === 0) throw await withoutDays(engine, path, known, unique_id);
      // If all series have ended, the folder of the future frame is empty.
      const ahead =
        filesOf(place.future).length > 0
          ? await (await openRows(engine, place.future, place.future)).daysOf(unique_id)
          : [];
      const { target, step = stepOf(days) } = readManifestFacts(place.manifest);
      const strips = stripNames.filter((strip) => known.columns.has(stripColumns[strip]));
      return { unique_id, target, step, ...completePeriods(days, ahead, step), strips };
    } catch (error) {
      throw asUnplottable(error, path, signal);
    }
  });
}

const stripColumns: Readonly<Record<Strip, string>> = plottedColumns;
const stripNames: readonly Strip[] = ["stockout", "promotion", "list_price", "holiday"];

async function openRows(engine: Engine, path: string, source: string): Promise<FrameRows> {
  const files = withFileFailures(path, "read", () => filesOf(source));
  const ending = extname(files[0] ?? "").toLowerCase();
  if (ending === "") throw unplottable(path, "there is no Parquet, Arrow or CSV file of a frame");
  const rows =
    ending === ".arrow"
      ? await arrowRows(files, engine.signal)
      : await tableRows(engine, files, ending === ".csv" ? "csv" : "parquet", files[0] !== source);
  for (const key of ["unique_id", "ds"]) {
    if (!rows.columns.has(key)) throw unplottable(path, `it has no column ${key}`);
  }
  return rows;
}

/** The file itself, or the files of the same format in a folder; none if there is nothing. */
function filesOf(source: string): string[] {
  const found = statSync(source, { throwIfNoEntry: false });
  if (found === undefined) return [];
  if (!found.isDirectory()) return [source];
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(readable).sort();
  const ending = extname(files[0] ?? "");
  return files.filter((file) => extname(file) === ending).map((file) => join(source, file));
}

const readable = (path: string) => [".parquet", ".csv", ".arrow"].includes(extname(path).toLowerCase());

/** Why a series has no days: there is no such series, or none of its rows has a day. */
async function withoutDays(engine: Engine, path: string, rows: FrameRows, series: string) {
  const known = await engine.rows<{ unique_id: string; series: number }>(`
    WITH known AS (${await rows.seriesSql()})
    SELECT unique_id, (SELECT count(*) FROM known) AS series
    FROM known
    ORDER BY damerau_levenshtein(lower(unique_id), lower(${quoteLiteral(series)})), unique_id
    LIMIT 3
  `);
  const names = known.map(({ unique_id }) => unique_id);
  if (names.length === 0) return unplottable(path, "it has no rows");
  if (names.includes(series)) return unplottable(path, `no row of ${series} has a day in ds`);
  const hint = didYouMean(series, names);
  return fail("FRAME_SERIES_UNKNOWN", {
    path,
    series,
    nearest: hint === undefined ? "" : ` (${hint})`,
    series_count: known[0]?.series ?? 0,
    examples: names.join(", "),
  });
}

/** What the readers of a format report about a file that is none, or whose columns have other types. */
function asUnplottable(error: unknown, path: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted || !(error instanceof Error) || error instanceof ForecastLabError) return error;
  // DuckDB has no disk or memory left: the engine reports it.
  if (/^Out of Memory Error|No space left on device|^ENOSPC/.test(error.message)) return error;
  const failure = asFileFailure(error, path, "read");
  if (failure instanceof ForecastLabError) return failure;
  return unplottable(path, `it cannot be read (${error.message.split("\n")[0]})`, error);
}

const unplottable = (path: string, problem: string, cause?: unknown) =>
  fail("FRAME_NOT_PLOTTABLE", { path, problem }, cause);
