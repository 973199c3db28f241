import { fileURLToPath } from "node:url";
import { type CalendarFill, fillCalendar } from "../../../src/calendar/index.ts";
import { type Database, withClient } from "../../../src/database/connection.ts";
import { type LoadRequest, type LoadResult, load } from "../../../src/ingest/index.ts";
import { type Rollup, rollUp } from "../../../src/rollup/index.ts";
import { rowsOf } from "../../support/warehouse.ts";

/* The steps of the READMEs in examples/mappings, as library calls. */

/** Loads files with a mapping of examples/mappings. */
export function loadExample(
  database: Database,
  table: string,
  files: readonly string[],
  name: string,
  options: Partial<LoadRequest> = {},
): Promise<LoadResult> {
  const mapping = fileURLToPath(new URL(`../../../examples/mappings/${name}.yaml`, import.meta.url));
  return load(database, { table, files, mapping, ...options });
}

export function fillDays(
  database: Database,
  from: string,
  to: string,
  country: string,
): Promise<CalendarFill> {
  return fillCalendar(database, { from, to, region: { country } });
}

export function rollUpAll(database: Database): Promise<Rollup> {
  return rollUp(database);
}

export function queryRows<Row extends object>(database: Database, sql: string): Promise<Row[]> {
  return withClient(database, (client) => rowsOf<Row>(client, sql));
}

/** An amount of two decimals in whole cents, to add up exactly. */
export const cents = (text: string | undefined) => Math.round(Number(text) * 100);
