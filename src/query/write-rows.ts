import { csvPieces } from "./formats/csv.ts";
import { jsonDocumentPieces, jsonPieces, ndjsonPieces } from "./formats/json.ts";
import { withParquetPieces } from "./formats/parquet.ts";
import type { QueryRows } from "./query-rows.ts";

/** The formats of files. */
export const queryFormats = ["csv", "json", "ndjson", "parquet"] as const;
export type QueryFormat = (typeof queryFormats)[number];

/** The format that the name of a file says. */
export function formatOfName(path: string): QueryFormat | undefined {
  const ending = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase();
  return ending === "jsonl" ? "ndjson" : queryFormats.find((format) => format === ending);
}

/** Takes the bytes of a file or of standard output, piece by piece. */
export type Sink<T> = (pieces: AsyncIterable<Uint8Array>) => Promise<T>;

/**
 * Writes rows in a format as they arrive; only for Parquet they are kept in a temporary file first.
 *
 * @param format `json document` is one object with columns, rows and their number
 */
export function writeRows<T>(
  rows: QueryRows,
  format: QueryFormat | "json document",
  sink: Sink<T>,
  signal?: AbortSignal,
): Promise<T> {
  switch (format) {
    case "csv":
      return sink(bytesOf(csvPieces(rows)));
    case "json":
      return sink(bytesOf(jsonPieces(rows)));
    case "ndjson":
      return sink(bytesOf(ndjsonPieces(rows)));
    case "json document":
      return sink(bytesOf(jsonDocumentPieces(rows)));
    case "parquet":
      return withParquetPieces(rows, signal, sink);
  }
}

async function* bytesOf(pieces: AsyncIterable<string>): AsyncGenerator<Uint8Array, void> {
  const encoder = new TextEncoder();
  for await (const piece of pieces) yield encoder.encode(piece);
}
