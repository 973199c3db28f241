import { existsSync, readdirSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import { type Engine, withEngine } from "../../duckdb/engine.ts";
import { fail } from "../../errors.ts";
import * as kinds from "../../system/arguments.ts";
import { didYouMean } from "../../system/did-you-mean.ts";
import { dateOf, dayOf } from "../days.ts";
import { placeOf } from "../output/place.ts";
import type { PlottedDay, PlottedSeries, Strip } from "./series.ts";

/**
 * Reads one series of a frame from its files: the days of the training frame from `path`, and those of the future frame from the
 * file or folder next to it, if there is one.
 *
 * @param path the training file as Parquet or CSV, or the folder of a partitioned frame
 * @param series its `unique_id`
 * @returns one element per day without gaps; values that the frame does not have are null
 * @throws FILE_NOT_FOUND, FRAME_NOT_PLOTTABLE, FRAME_SERIES_UNKNOWN
 * @example
 * import { readSeries } from "forecastlab";
 *
 * const { training, future } = await readSeries("frame.parquet", "S1/A");
 * console.log(training.at(-1)?.y, future.map(({ list_price }) => list_price));
 */
export async function readSeries(path: string, series: string, signal?: AbortSignal): Promise<PlottedSeries> {
  const given = { path, series, signal };
  kinds.requireArguments("readSeries", given, {
    path: kinds.text,
    series: kinds.text,
    "signal?": kinds.signal,
  });
  if (!existsSync(path)) throw fail("FILE_NOT_FOUND", { path });
  const folder = statSync(path).isDirectory();
  if (!folder && !readable(path)) throw unplottable(path, "its name ends in neither .parquet nor .csv");
  const { training, future } = placeOf(path, undefined, folder);
  return withEngine(signal, async (engine) => {
    const known = await openRows(engine, path, training);
    if (!known.columns.has("y")) throw unplottable(path, "it has no column y, as a frame to forecast");
    const days = await known.daysOf(series);
    if (days.length === 0) throw await unknownSeries(engine, path, known.sql, series);
    // If all series have ended, the folder of the future frame is empty.
    const ahead =
      filesOf(future).length > 0 ? await (await openRows(engine, future, future)).daysOf(series) : [];
    const strips = stripColumns.filter(([, column]) => known.columns.has(column)).map(([strip]) => strip);
    return { unique_id: series, training: complete(days), future: complete(ahead), strips };
  });
}

const stripColumns: readonly (readonly [Strip, string])[] = [
  ["stockout", "is_stockout"],
  ["promotion", "on_promotion"],
  ["list_price", "list_price"],
  ["holiday", "is_holiday"],
];

/** The rows of one of the frames. */
interface Rows {
  /** The relation, for DuckDB. */
  readonly sql: string;
  readonly columns: ReadonlySet<string>;
  daysOf(series: string): Promise<PlottedDay[]>;
}

async function openRows(engine: Engine, path: string, source: string): Promise<Rows> {
  const sql = relationOf(path, source);
  try {
    const described = await engine.rows<{ column_name: string }>(`DESCRIBE SELECT * FROM ${sql}`);
    const columns = new Set(described.map(({ column_name }) => column_name));
    for (const key of ["unique_id", "ds"]) {
      if (!columns.has(key)) throw unplottable(path, `it has no column ${key}`);
    }
    return { sql, columns, daysOf: (series) => engine.rows(selectDays(sql, columns, series)) };
  } catch (error) {
    if (!(error instanceof Error) || error.name === "ForecastLabError") throw error;
    throw unplottable(path, `DuckDB cannot read it (${error.message.split("\n")[0]})`, error);
  }
}

/** The SQL that reads a file, or the files of a folder in hive layout. The columns that are needed are cast later. */
function relationOf(path: string, source: string): string {
  const files = filesOf(source);
  const ending = extname(files[0] ?? "").toLowerCase();
  if (ending === "") throw unplottable(path, "there is no Parquet or CSV file of a frame");
  if (ending === ".arrow") throw unplottable(path, "Arrow files cannot be read here, Parquet and CSV can");
  const list = `[${files.map((file) => quoteLiteral(asPattern(file))).join(", ")}]`;
  const hive = files[0] !== source;
  return ending === ".parquet"
    ? `read_parquet(${list}, hive_partitioning = ${hive})`
    : `read_csv(${list}, header = true, all_varchar = true, hive_partitioning = ${hive})`;
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

/** The name of one file, escaped because DuckDB expects a pattern. */
const asPattern = (path: string) => path.replaceAll(/[*?[]/g, "[$&]");

function selectDays(relation: string, columns: ReadonlySet<string>, series: string): string {
  const of = (column: string, type: string, name: string) =>
    `${columns.has(column) ? `CAST(${quoteIdentifier(column)} AS ${type})` : "NULL"} AS ${name}`;
  return `
    SELECT
      strftime(CAST(ds AS DATE), '%Y-%m-%d') AS ds,
      ${of("y", "DOUBLE", "y")},
      ${of("is_stockout", "BOOLEAN", "stockout")},
      ${of("on_promotion", "BOOLEAN", "promotion")},
      ${of("list_price", "DOUBLE", "list_price")},
      ${of("is_holiday", "BOOLEAN", "holiday")},
      ${of("holiday_name", "VARCHAR", "holiday_name")}
    FROM ${relation}
    WHERE unique_id = ${quoteLiteral(series)}
    ORDER BY ds`;
}

/** Adds the days that the frame leaves out (`closed_days: drop`), without values. */
function complete(days: readonly PlottedDay[]): PlottedDay[] {
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return [];
  const byDate = new Map(days.map((day) => [day.ds, day]));
  const from = dayOf(first.ds);
  return Array.from({ length: dayOf(last.ds) - from + 1 }, (_, index) => {
    const ds = dateOf(from + index);
    return byDate.get(ds) ?? { ...nothing, ds };
  });
}

const nothing: Omit<PlottedDay, "ds"> = {
  y: null,
  stockout: null,
  promotion: null,
  list_price: null,
  holiday: null,
  holiday_name: null,
};

async function unknownSeries(engine: Engine, path: string, relation: string, series: string) {
  const known = await engine.rows<{ unique_id: string; series: number }>(`
    WITH known AS (SELECT DISTINCT unique_id FROM ${relation})
    SELECT unique_id, (SELECT count(*) FROM known) AS series
    FROM known
    ORDER BY damerau_levenshtein(lower(unique_id), lower(${quoteLiteral(series)})), unique_id
    LIMIT 3
  `);
  const names = known.map(({ unique_id }) => unique_id);
  const hint = didYouMean(series, names);
  return fail("FRAME_SERIES_UNKNOWN", {
    path,
    series,
    nearest: hint === undefined ? "" : ` (${hint})`,
    series_count: known[0]?.series ?? 0,
    examples: names.join(", "),
  });
}

const unplottable = (path: string, problem: string, cause?: unknown) =>
  fail("FRAME_NOT_PLOTTABLE", { path, problem }, cause);
