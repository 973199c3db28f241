import { type FileHandle, open, rename } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { fail } from "../../errors.ts";
import { syncFile, syncFolder } from "../../system/atomic-write.ts";
import { asFileFailure } from "../../system/file-failures.ts";
import { requirePlainFile } from "../../system/plain-file.ts";
import { makePrivateFolder, type PrivateFolder } from "../../system/private-folder.ts";
import { boundName } from "../forecast-columns.ts";
import type { ScoredSeries } from "./score-blocks.ts";

/** A file of forecasts in Nixtla's long format that is being written; it appears when it is complete. */
export interface ForecastFile {
  add(scored: ScoredSeries, dateOf: (period: number) => string): Promise<void> | undefined;
  publish(engine: Engine): Promise<void>;
  discard(): void;
}

/** @throws FILE_UNWRITABLE, FILE_IS_DIRECTORY and others if it cannot be written to its place, before anything is computed */
export function openForecastFile(path: string, levels: readonly number[]): ForecastFile {
  const format = extname(path).toLowerCase().slice(1);
  if (format !== "parquet" && format !== "csv") {
    throw fail("FILE_UNWRITABLE", { path, reason: "forecasts are written to .parquet or .csv" });
  }
  requirePlainFile(path);
  let folder: PrivateFolder;
  try {
    folder = makePrivateFolder({ parent: resolve(dirname(path)), name: ".forecastlab-forecasts" });
  } catch (error) {
    throw asFileFailure(error, path, "written");
  }
  const rows = join(folder.path, "rows.csv");
  let file: FileHandle | undefined;
  let models: readonly string[] = [];
  let lines: string[] = [];
  const flush = async () => {
    try {
      file ??= await open(rows, "wx");
      await file.writeFile(lines.join(""));
      lines = [];
    } catch (error) {
      throw asFileFailure(error, path, "written");
    }
  };
  return {
    add: (scored, dateOf) => {
      models = scored.models.map(({ name }) => name);
      lines.push(...linesOf(scored, dateOf));
      return lines.length < 20_000 ? undefined : flush();
    },
    publish: async (engine) => {
      try {
        await flush();
        await file?.close();
        const made = join(folder.path, `forecasts.${format}`);
        await engine.run(
          `COPY (${selectRows(rows, models, levels, format)}) TO ${quoteLiteral(made)} (${
            format === "csv" ? "FORMAT csv, HEADER true, NULLSTR ''" : "FORMAT parquet, COMPRESSION zstd"
          })`,
        );
        await syncFile(made);
        await rename(made, path);
        await syncFolder(dirname(path));
      } catch (error) {
        throw asFileFailure(error, path, "written");
      } finally {
        folder.remove();
      }
    },
    discard: () => {
      void file?.close().catch(() => {});
      folder.remove();
    },
  };
}

function linesOf({ series, fold, y, weight, models }: ScoredSeries, dateOf: (period: number) => string) {
  const id = `"${series.uniqueId.replaceAll('"', '""')}"`;
  const known = dateOf(fold.period);
  const value = (number: number | undefined) =>
    number !== undefined && Number.isFinite(number) ? String(number) : "";
  return Array.from(y, (actual, step) => {
    const ofModels = models.map(({ forecast, intervals }) =>
      [value(forecast[step]), ...intervals.flatMap(({ lo, hi }) => [value(lo[step]), value(hi[step])])].join(
        ",",
      ),
    );
    return `${[id, dateOf(fold.period + 1 + step), known, value(actual), value(weight[step]), ...ofModels].join(",")}\n`;
  });
}

/** `cutoff` is the `ds` of the last known period, as in Nixtla's cross_validation. */
function selectRows(path: string, models: readonly string[], levels: readonly number[], format: string) {
  const numbers = [
    "y",
    "sample_weight",
    ...models.flatMap((name) => [
      name,
      ...levels.flatMap((level) => [boundName(name, "lo", level), boundName(name, "hi", level)]),
    ]),
  ];
  const columns = [
    "'unique_id': 'VARCHAR'",
    "'ds': 'TIMESTAMP'",
    "'cutoff': 'TIMESTAMP'",
    ...numbers.map((name) => `${quoteLiteral(name)}: 'DOUBLE'`),
  ];
  const day = (name: string) => (format === "csv" ? `${name}::DATE AS ${name}` : name);
  return `
    SELECT unique_id, ${day("ds")}, ${day("cutoff")}, ${numbers.map(quoteIdentifier).join(", ")}
    FROM read_csv(${quoteLiteral(path)}, header = false, auto_detect = false, columns = {${columns.join(", ")}},
      quote = '"', escape = '"', delim = ',')`;
}
