import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Engine } from "../../duckdb/engine.ts";
import { ForecastLabError, fail } from "../../errors.ts";
import { asFileFailure } from "../../system/file-failures.ts";

/** Rows of a program: an object per row, with the names of columns as keys. */
export type GivenRows = Iterable<GivenRow> | AsyncIterable<GivenRow>;
export type GivenRow = Readonly<Record<string, unknown>>;

/** The name of rows that a program gives, in messages, in the ledger and in `_file`. */
export const givenRows = "rows";

/**
 * Writes rows of a program to an NDJSON file in the engine's folder, which is then read like any other file. Rows are taken only as
 * fast as they are written.
 *
 * @returns the file's path
 * @throws ROWS_INVALID, ROWS_SOURCE_FAILED with the error of the source as its cause, FILE_UNWRITABLE
 */
export async function receiveRows(engine: Engine, rows: GivenRows): Promise<string> {
  const path = join(engine.folder, "rows.ndjson");
  const file = createWriteStream(path, { flags: "wx", mode: 0o600 });
  try {
    await pipeline(Readable.from(linesOf(rows)), file, { signal: engine.signal });
  } catch (error) {
    engine.signal?.throwIfAborted();
    throw asFileFailure(error, givenRows, "read");
  }
  return path;
}

const chunkCharacters = 65_536;

/** Many lines at a time. */
async function* linesOf(rows: GivenRows): AsyncGenerator<string> {
  let chunk = "";
  let row = 0;
  try {
    for await (const given of rows) {
      row += 1;
      chunk += `${lineOf(given, row)}\n`;
      if (chunk.length < chunkCharacters) continue;
      yield chunk;
      chunk = "";
    }
  } catch (error) {
    if (error instanceof ForecastLabError) throw error;
    // With a code of the catalog: one of the source's own may be that of a database or a file, but not of this load's.
    const reason = error instanceof Error ? error.message.replace(/\.$/, "") : String(error);
    throw fail("ROWS_SOURCE_FAILED", { rows: row, reason }, error);
  }
  if (chunk !== "") yield chunk;
}

function lineOf(given: unknown, row: number): string {
  if (typeof given !== "object" || given === null || Symbol.iterator in given || given instanceof Date) {
    throw fail("ROWS_INVALID", { row, problem: `it is ${kindOfValue(given)} and not an object` });
  }
  const members = Object.entries(given).map(([column, value]) => {
    const json = jsonOf(value);
    if (json !== undefined) return `${JSON.stringify(column)}:${json}`;
    throw fail("ROWS_INVALID", { row, problem: `its column ${column} has ${kindOfValue(value)}` });
  });
  return `{${members.join(",")}}`;
}

/** A value as JSON; undefined if it is not one that a column can have. A value that is undefined is null. */
function jsonOf(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "number":
      return Number.isFinite(value) ? JSON.stringify(value) : undefined;
    case "bigint":
      return String(value);
    case "undefined":
      return "null";
    default:
      return value === null ? "null" : undefined;
  }
}

function kindOfValue(value: unknown): string {
  if (value === null) return "null";
  if (value instanceof Date) return "a Date";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number") return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  return Symbol.iterator in value ? "a Map, a Set or another iterable" : "an object";
}
