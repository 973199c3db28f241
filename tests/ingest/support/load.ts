import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect } from "vitest";
import { type Database, withClient } from "../../../src/database/connection.ts";
import {
  type LoadRequest,
  type LoadResult,
  load,
  parseMapping,
  type Reject,
} from "../../../src/ingest/index.ts";
import { parseCsv } from "../../examples/support/shared-data.ts";
import { rowsOf } from "../../support/warehouse.ts";

/** A folder for the files of a test file, removed when the test file ends. */
export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), "forecastlab-test-"));
  #files = 0;

  constructor() {
    afterAll(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes a file and returns its path. */
  write(name: string, content: string | Buffer): string {
    const path = this.path(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  /** Writes a CSV file under a new name: lines, each ended by LF, or the content as it is. */
  csv(content: string | Buffer | readonly string[]): string {
    const bytes = Array.isArray(content) ? `${content.join("\n")}\n` : (content as string | Buffer);
    return this.write(`file-${++this.#files}.csv`, bytes);
  }
}

/** The result of a load with all reasons for rejects. */
export interface Loaded extends LoadResult {
  readonly rejects: readonly Reject[];
}

/** Loads one CSV file, or the files of a request; the mapping may be YAML text. */
export async function loadCsv(
  workspace: Workspace,
  database: Database,
  table: string,
  content: string | Buffer | readonly string[],
  options: Omit<Partial<LoadRequest>, "mapping"> & { mapping?: string } = {},
): Promise<Loaded> {
  const rejects = workspace.path("rejects.csv");
  rmSync(rejects, { force: true });
  const { mapping, ...request } = options;
  const result = await load(database, {
    table,
    files: [workspace.csv(content)],
    // Tests change the table between loads of the same text, which the ledger does not know.
    again: true,
    rejects,
    shownRejects: Number.MAX_SAFE_INTEGER,
    ...request,
    mapping: mapping === undefined ? undefined : parseMapping(mapping, "test.yaml"),
  });
  return { ...result, rejects: result.first_rejects };
}

/** The rows of the rejects file of a load; none if it wrote no file. */
export function rejectedRows({ rejects_file }: LoadResult): Record<string, string>[] {
  return rejects_file === null ? [] : parseCsv(readFileSync(rejects_file, "utf8"));
}

/** Each reject as `record column code value`, for tests to compare. */
export function faultsOf({ rejects }: { readonly rejects: readonly Reject[] }): string[] {
  return rejects.map(({ record, column, code, value }) => `${record} ${column} ${code} ${value}`.trim());
}

/** All rows of one query. */
export function query<Row extends object>(
  database: Database,
  sql: string,
  values?: unknown[],
): Promise<Row[]> {
  return withClient(database, (client) => rowsOf<Row>(client, sql, values));
}

/** Two stores, two products and the days of January and February 2024. */
export async function fillDimensions(database: Database): Promise<void> {
  await query(
    database,
    `WITH s AS (INSERT INTO store (code, name) VALUES ('S1', 'One'), ('S2', 'Two')),
          p AS (INSERT INTO product (sku, name) VALUES ('A', 'Apple'), ('B', 'Bread'))
     INSERT INTO calendar (date, day_of_week, month, quarter, year)
     SELECT d, extract(isodow FROM d) - 1, extract(month FROM d), extract(quarter FROM d), extract(year FROM d)
     FROM generate_series(date '2024-01-01', date '2024-02-29', interval '1 day') AS d`,
  );
}

/** Waits until exactly so many sessions of the database wait for a lock. */
export async function untilWaiting(database: Database, sessions: number): Promise<void> {
  const sql = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
  await expect.poll(() => query(database, sql), { timeout: 20_000 }).toHaveLength(sessions);
}
