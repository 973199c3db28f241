import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { fail } from "../../errors.ts";
import { outputBlock } from "../engine-tables.ts";
import type { FinishedFile, FrameFile } from "./frame-file.ts";
import { hiveFolder } from "./hive.ts";

/** More folders than this are a mistake in the choice of columns. */
const mostPartitions = 10_000;
/** In characters, which file systems allow for a name. */
const longestName = 255;

/** A frame that is written as a folder, with one file per partition. */
export interface PartitionedFrame {
  /** Appends the rows of a query, in their order, each to the file of its partition. @returns how many */
  append(sql: string): Promise<number>;
  /** @returns all files, by path relative to the folder, sorted */
  finish(): Promise<({ readonly path: string } & FinishedFile)[]>;
}

/**
 * Opens a partitioned frame. A partition has one file, however many blocks its rows come in. The names of its folders have the
 * values of the columns, which are not in the file.
 *
 * DuckDB's own `PARTITION_BY` does not keep the order of rows.
 *
 * @param open makes the file of a partition
 * @throws FRAME_PARTITION_INVALID if there are too many partitions, or a value is too long for the name of a folder
 */
export function partitionedFrame(
  engine: Engine,
  folder: string,
  partitionBy: readonly string[],
  { file, open }: { readonly file: string; readonly open: (path: string) => FrameFile },
): PartitionedFrame {
  const files = new Map<string, FrameFile>();
  const columns = partitionBy.map(quoteIdentifier);
  const fileOf = async (partition: string) => {
    const known = files.get(partition);
    if (known !== undefined) return known;
    await mkdir(join(folder, partition), { recursive: true });
    const opened = open(join(folder, partition, file));
    files.set(partition, opened);
    return opened;
  };
  const partitionsOf = async () => {
    const texts = columns.map((column) => `CAST(${column} AS VARCHAR) AS ${column}`);
    const found = await engine.rows<Record<string, string | null>>(
      `SELECT DISTINCT ${texts.join(", ")} FROM ${outputBlock} ORDER BY ALL LIMIT ${mostPartitions + 1}`,
    );
    return found.map((row) => {
      const values = partitionBy.map((column) => row[column] ?? null);
      return { values, partition: hiveFolder(partitionBy, values) };
    });
  };
  const split = async () => {
    const found = await partitionsOf();
    requirePartitions(partitionBy, [...files.keys(), ...found.map(({ partition }) => partition)]);
    let rows = 0;
    for (const { values, partition } of found) {
      const conditions = columns.map((column, index) => equals(column, values[index] ?? null));
      rows += await (await fileOf(partition)).append(`
        SELECT * EXCLUDE (${columns.join(", ")}) FROM ${outputBlock} WHERE ${conditions.join(" AND ")}
      `);
    }
    return rows;
  };
  return {
    append: async (sql) => {
      await engine.run(`CREATE OR REPLACE TEMP TABLE ${outputBlock} AS ${sql}`);
      try {
        return await split();
      } finally {
        await engine.run(`DROP TABLE IF EXISTS ${outputBlock}`);
      }
    },
    finish: async () => {
      const finished = [];
      for (const [partition, opened] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
        finished.push({ path: `${partition}/${file}`, ...(await opened.finish()) });
      }
      return finished;
    },
  };
}

function equals(column: string, value: string | null): string {
  return value === null ? `${column} IS NULL` : `${column} = ${quoteLiteral(value)}`;
}

function requirePartitions(partitionBy: readonly string[], partitions: readonly string[]): void {
  const columns = partitionBy.join(", ");
  const valid = "columns with fewer or shorter values";
  if (new Set(partitions).size > mostPartitions) {
    const problem = `that makes more than ${mostPartitions} folders`;
    throw fail("FRAME_PARTITION_INVALID", { columns, problem, valid });
  }
  const long = partitions.flatMap((path) => path.split("/")).find((name) => name.length > longestName);
  if (long !== undefined) {
    const problem = `a value is too long for the name of a folder (${long.slice(0, 60)}…)`;
    throw fail("FRAME_PARTITION_INVALID", { columns, problem, valid });
  }
}
