import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DuckDBInstance } from "@duckdb/node-api";
import { isServerError } from "../database/failures.ts";
import { quoteLiteral } from "../database/identifiers.ts";
import { ForecastLabError, fail } from "../errors.ts";
import { makePrivateFolder } from "../system/private-folder.ts";
import { type Chunk, chunksOf } from "./chunks.ts";

/**
 * DuckDB with a private folder of its own. Rows stay inside DuckDB, except the few that a person reads and those written in a
 * format that DuckDB cannot write.
 */
export interface Engine {
  /** Absolute path of the private folder, for spool files and for what DuckDB spills. */
  readonly folder: string;
  /** When it is aborted, DuckDB's statement is interrupted. Work outside of DuckDB has to check it as well. */
  readonly signal: AbortSignal | undefined;
  run(sql: string): Promise<void>;
  /** Makes the running statement fail, if there is one. */
  interrupt(): void;
  /** A few rows, as plain objects with whole numbers as `number`. */
  rows<Row extends object>(sql: string): Promise<Row[]>;
  /** Many rows in their order, as they become ready; see {@link chunksOf}. */
  chunks(sql: string): AsyncIterable<Chunk>;
  /** The only value of the only row, a whole number. */
  count(sql: string): Promise<number>;
  /** Checks the names and types of a statement without running it. @throws DuckDB's error */
  prepare(sql: string): Promise<void>;
  /** Adds rows to a table one by one; they are visible when it is closed. */
  appender(table: string): Promise<Appender>;
  /** From here on DuckDB can read no files but these and those of the folder. */
  confine(paths: readonly string[]): Promise<void>;
}

export interface Appender {
  append(...values: (string | number | null)[]): void;
  close(): void;
}

/**
 * Starts DuckDB with a new temporary folder that only this user can read, runs the work, and removes the folder, also after
 * an error, an interruption or `process.exit`. An abort of the signal interrupts the running statement.
 *
 * @param options.memory_mb megabytes that DuckDB may hold before it spills into the folder; default 512
 * @throws SPACE_EXHAUSTED when memory and temporary space are not enough
 */
export async function withEngine<T>(
  signal: AbortSignal | undefined,
  work: (engine: Engine) => Promise<T>,
  { memory_mb = 512 }: { readonly memory_mb?: number } = {},
): Promise<T> {
  const { path: folder, remove } = makePrivateFolder();
  let instance: DuckDBInstance | undefined;
  try {
    // Loaded only here: it is large, and wrong arguments are reported without it.
    const { DuckDBInstance } = await import("@duckdb/node-api");
    // In memory up to the limit and in the folder beyond it: twice as fast as a database file, which is synchronized.
    instance = await DuckDBInstance.create(":memory:", {
      memory_limit: `${memory_mb}MB`,
      temp_directory: join(folder, "spill"),
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
      preserve_insertion_order: "true",
    });
    const connection = await instance.connect();
    // Casts between times with and without zone must not depend on where the load runs.
    await connection.run("SET TimeZone = 'UTC'");
    // It moves what two TRYs have in common out of both, where an error then ends the statement (DuckDB 1.5).
    await connection.run("SET disabled_optimizers = 'common_subexpressions'");
    const interrupt = () => connection.interrupt();
    signal?.addEventListener("abort", interrupt);
    try {
      return await work(engineOf(connection, folder, signal));
    } catch (error) {
      throw asEngineFailure(error, folder);
    } finally {
      signal?.removeEventListener("abort", interrupt);
      connection.closeSync();
    }
  } finally {
    instance?.closeSync();
    remove();
  }
}

type Connection = Awaited<ReturnType<DuckDBInstance["connect"]>>;

function engineOf(connection: Connection, folder: string, signal: AbortSignal | undefined): Engine {
  const run = async (sql: string) => {
    signal?.throwIfAborted();
    try {
      return await connection.run(sql);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  };
  const chunks = async function* (sql: string) {
    signal?.throwIfAborted();
    try {
      yield* chunksOf(connection, sql);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  };
  const rows = async <Row extends object>(sql: string) => {
    const objects = await (await run(sql)).getRowObjectsJS();
    return objects.map(plain) as Row[];
  };
  return {
    folder,
    signal,
    rows,
    chunks,
    run: async (sql) => void (await run(sql)),
    interrupt: () => connection.interrupt(),
    count: async (sql) => Number(Object.values((await rows(sql))[0] ?? {})[0]),
    prepare: async (sql) => {
      (await connection.prepare(sql)).destroySync();
    },
    appender: async (table) => {
      const appender = await connection.createAppender(table);
      return {
        append: (...values) => {
          for (const value of values) {
            if (value === null) appender.appendNull();
            else if (typeof value === "number") appender.appendBigInt(BigInt(value));
            else appender.appendVarchar(value);
          }
          appender.endRow();
        },
        close: () => appender.closeSync(),
      };
    },
    confine: async (paths) => {
      await run(`SET allowed_directories = [${quoteLiteral(folder)}]`);
      await run(`SET allowed_paths = [${paths.map(quoteLiteral).join(", ")}]`);
      await run("SET enable_external_access = false");
    },
  };
}

function plain(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === "bigint" ? Number(value) : value]),
  );
}

/** DuckDB's errors have no codes: their class is the start of the text. */
function asEngineFailure(error: unknown, folder: string): unknown {
  // The server's disk is another one.
  if (error instanceof ForecastLabError || isServerError(error)) return error;
  if (!existsSync(folder)) return fail("TEMPORARY_FOLDER_LOST", { folder }, error);
  const message = error instanceof Error ? error.message : "";
  if (!/^Out of Memory Error|No space left on device|^ENOSPC/.test(message)) return error;
  return fail("SPACE_EXHAUSTED", { reason: message.split("\n")[0] ?? "" }, error);
}
