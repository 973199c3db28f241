import { expect } from "vitest";
import type { Database } from "../../../src/database/connection.ts";
import { type ErrorCode, ForecastLabError } from "../../../src/errors.ts";
import { type LoadRequest, type LoadResult, load } from "../../../src/ingest/index.ts";
import { query } from "./load.ts";

/*
 * Random files and mappings. Whatever they hold, a load ends in time, with a result whose counts add up or with an error of
 * the catalog that is not INTERNAL. What is loaded equals what simple readers make of the same bytes.
 */

/** Longer than any of these loads takes, on a busy machine too. */
const patience = 60_000;

/** Loads; an error of the catalog is returned. */
export async function outcomeOf(database: Database, request: LoadRequest): Promise<LoadResult | ErrorCode> {
  try {
    const result = await load(database, { ...request, again: true, signal: AbortSignal.timeout(patience) });
    const { source_rows, filtered, read, inserted, updated, unchanged, rejected, withheld } = result;
    const { duplicates, duplicates_by } = result;
    expect(filtered + read).toBe(source_rows);
    expect(inserted + updated + unchanged + duplicates + rejected + withheld).toBe(read);
    expect(Object.values(duplicates_by).reduce((sum, rows) => sum + rows, 0)).toBe(duplicates);
    return result;
  } catch (error) {
    if (!(error instanceof ForecastLabError) || error.code === "INTERNAL") throw error;
    return error.code;
  }
}

/** The columns of the stores in random files. */
export const storeColumns = ["code", "name", "city"];

/** The stores, each as JSON of the values of {@link storeColumns}. */
export async function storedStores(database: Database): Promise<string[]> {
  const rows = await query<Record<string, string>>(database, `SELECT ${storeColumns.join(", ")} FROM store`);
  return rows.map((row) => JSON.stringify(storeColumns.map((name) => row[name]))).sort();
}
