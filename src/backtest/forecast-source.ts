import { statSync } from "node:fs";
import { quoteLiteral } from "../database/identifiers.ts";
import type { Engine } from "../duckdb/engine.ts";
import { ForecastLabError, fail } from "../errors.ts";
import { withFileFailures } from "../system/file-failures.ts";

export interface Source {
  readonly isCsv: boolean;
  /** For DuckDB, which expects a pattern. */
  readonly file: string;
}

/** @throws FILE_NOT_FOUND, FILE_IS_DIRECTORY, FORECASTS_UNREADABLE */
export function sourceOf(path: string): Source {
  const found = withFileFailures(path, "read", () => statSync(path));
  if (found.isDirectory()) throw fail("FILE_IS_DIRECTORY", { path });
  const file = quoteLiteral(path.replaceAll(/[*?[]/g, "[$&]"));
  if (/\.parquet$/i.test(path)) return { isCsv: false, file };
  if (/\.csv(\.gz)?$/i.test(path)) return { isCsv: true, file };
  throw fail("FORECASTS_UNREADABLE", { path, reason: "its name ends in neither .parquet nor .csv" });
}

/** SQL of the rows of the file. Those of a CSV are texts. */
export async function relationOf(engine: Engine, path: string, { isCsv, file }: Source): Promise<string> {
  if (!isCsv) return `read_parquet(${file}, hive_partitioning = false)`;
  const delimiter = await reading(engine, path, () => delimiterOf(engine, file));
  return `read_csv(${file}, header = true, all_varchar = true, hive_partitioning = false, skip = 0, quote = '"', escape = '"',
    delim = ${quoteLiteral(delimiter)})`;
}

/**
 * The one of four that the header has most of. DuckDB's own detection leaves out lines until the rest has a form: a
 * damaged file would be read with other columns.
 */
async function delimiterOf(engine: Engine, file: string): Promise<string> {
  const [line] = await engine.rows<{ header: string | null }>(`
    SELECT header
    FROM read_csv(${file}, header = false, columns = {'header': 'VARCHAR'}, auto_detect = false, delim = '\x01', quote = '',
      escape = '', hive_partitioning = false, null_padding = true, strict_mode = false)
    LIMIT 1`);
  const header = line?.header ?? "";
  const count = (delimiter: string) => header.split(delimiter).length;
  return [",", ";", "\t", "|"].reduce((most, next) => (count(next) > count(most) ? next : most));
}

/** Runs a query that reads the file. @throws FORECASTS_UNREADABLE if DuckDB fails because of it */
export async function reading<T>(engine: Engine, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    engine.signal?.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    const ours = error instanceof ForecastLabError || /^Out of Memory|No space left|^ENOSPC/.test(message);
    if (ours) throw error;
    const reason = /Error when sniffing file/.test(message)
      ? "its lines do not have the form of its header, or a quote does not end"
      : (message.split("\n")[0] ?? "").replace(/\.$/, "");
    throw fail("FORECASTS_UNREADABLE", { path, reason }, error);
  }
}
