import { createReadStream } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { quoteLiteral } from "../../database/identifiers.ts";
import { withEngine } from "../../duckdb/engine.ts";
import { fetchedRows } from "../../duckdb/transfer.ts";
import type { QueryColumn } from "../columns.ts";
import { type QueryRows, requireDistinctNames } from "../query-rows.ts";
import { csvLines } from "./csv.ts";

/**
 * A Parquet file, compressed with zstd. Rows go through a file in DuckDB's private folder, because the type of a column may
 * depend on its values: a decimal without precision gets the scale of its values, and a column with a value that its type
 * cannot hold in Parquet (NaN, infinity, years before Christ) is text.
 */
export function withParquetPieces<T>(
  rows: QueryRows,
  signal: AbortSignal | undefined,
  work: (pieces: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  // DuckDB's names do not differ by case.
  requireDistinctNames(rows.columns, "Parquet", (name) => name.toLowerCase());
  return withEngine(signal, async (engine) => {
    const spooled = join(engine.folder, "query.csv");
    const file = join(engine.folder, "query.parquet");
    const watches = rows.columns.map(watchOf);
    await writeFile(spooled, spoolPieces(rows, watches), { flag: "wx", mode: 0o600 });
    const columns = rows.columns.map(({ name }, index) => ({
      name,
      type: watches[index]?.type() ?? "VARCHAR",
    }));
    await engine.run(`
      COPY (SELECT * FROM ${fetchedRows({ path: spooled, columns })})
      TO ${quoteLiteral(file)} (FORMAT parquet, COMPRESSION zstd)
    `);
    await rm(spooled);
    return work(createReadStream(file, { highWaterMark: pieceBytes }));
  });
}

const pieceBytes = 1024 * 1024;

async function* spoolPieces({ batches }: QueryRows, watches: readonly Watch[]): AsyncGenerator<string, void> {
  for await (const batch of batches) {
    for (const [index, { see }] of watches.entries()) {
      if (see !== undefined) for (const row of batch) see(row[index] ?? null);
    }
    yield csvLines(batch);
  }
}

/** Looks at the values of a column to find its type. */
interface Watch {
  readonly see: ((value: string | null) => void) | undefined;
  type(): string;
}

function watchOf({ kind, parquet }: QueryColumn): Watch {
  if (kind === "decimal" && parquet === undefined) return watchOfDecimals();
  const type = parquet ?? "VARCHAR";
  const expected = kind === "decimal" ? /^-?\d/ : plainTime[type];
  if (expected === undefined) return { see: undefined, type: () => type };
  let fits = true;
  return {
    see: (value) => {
      if (value !== null && !expected.test(value)) fits = false;
    },
    type: () => (fits ? type : "VARCHAR"),
  };
}

/** Neither infinity nor years before Christ or beyond 9999. */
const plainTime: Readonly<Record<string, RegExp>> = {
  DATE: /^\d{4}-\d\d-\d\d$/,
  TIMESTAMP: /^\d{4}-\d\d-\d\d [\d:.]+$/,
  "TIMESTAMP WITH TIME ZONE": /^\d{4}-\d\d-\d\d [\d:.]+\+00$/,
  TIME: /^(?!24)/,
};

/** Decimals of any precision: exact as DECIMAL(38, s) with the largest scale of the values, else text. */
function watchOfDecimals(): Watch {
  let whole = 0;
  let scale = 0;
  let fits = true;
  return {
    see: (value) => {
      if (value === null) return;
      const digits = /^-?(\d+)(?:\.(\d+))?$/.exec(value);
      if (digits === null) {
        fits = false;
        return;
      }
      whole = Math.max(whole, digits[1]?.length ?? 0);
      scale = Math.max(scale, digits[2]?.length ?? 0);
    },
    type: () => (fits && whole + scale <= 38 ? `DECIMAL(38,${scale})` : "VARCHAR"),
  };
}
