import { mkdirSync } from "node:fs";
import type { Engine } from "../../duckdb/engine.ts";
import { arrowFile } from "./arrow.ts";
import { csvFile } from "./csv.ts";
import type { FileMetadata, FinishedFile, FrameFile, OutputColumn } from "./frame-file.ts";
import { parquetFile } from "./parquet.ts";
import { partitionedFrame } from "./partitions.ts";
import type { FrameFormat } from "./place.ts";

/** One frame that is being written: a file, or a folder of files. */
export interface FrameWriter {
  append(sql: string): Promise<number>;
  /** @returns the files, with paths relative to the folder; the path of a single file is empty */
  finish(): Promise<({ readonly path: string } & FinishedFile)[]>;
}

export interface FrameWriterOptions {
  readonly format: FrameFormat;
  /** The file, or the folder. */
  readonly path: string;
  readonly columns: readonly OutputColumn[];
  readonly metadata: FileMetadata;
  /** Without columns, the frame is one file. */
  readonly partitionBy: readonly string[];
  /** A path for intermediate files. */
  readonly part: string;
}

export function frameWriter(engine: Engine, frame: FrameWriterOptions): FrameWriter {
  const writer = frame.partitionBy.length === 0 ? oneFile(engine, frame) : folder(engine, frame);
  return {
    append: async (sql) => {
      await requireColumns(engine, frame.columns, sql);
      return await writer.append(sql);
    },
    finish: writer.finish,
  };
}

function oneFile(engine: Engine, frame: FrameWriterOptions): FrameWriter {
  const file = fileOf(engine, frame);
  return { append: file.append, finish: async () => [{ path: "", ...(await file.finish()) }] };
}

function folder(engine: Engine, frame: FrameWriterOptions): FrameWriter {
  const { format, path, partitionBy } = frame;
  mkdirSync(path);
  const columns = frame.columns.filter(({ name }) => !partitionBy.includes(name));
  return partitionedFrame(engine, path, partitionBy, {
    file: `data_0.${format}`,
    open: (file) => fileOf(engine, { ...frame, path: file, columns }),
  });
}

function fileOf(
  engine: Engine,
  { format, path, columns, metadata, part }: Omit<FrameWriterOptions, "partitionBy">,
): FrameFile {
  switch (format) {
    case "parquet":
      return parquetFile(engine, path, { columns, metadata, part });
    case "csv":
      return csvFile(engine, path, columns, part);
    case "arrow":
      return arrowFile(engine, path, { columns, metadata });
  }
}

/** Blocks with other columns cannot be in one file. This is a bug in the program, not a mistake of the user. */
export async function requireColumns(
  engine: Engine,
  columns: readonly OutputColumn[],
  sql: string,
): Promise<void> {
  const found = await engine.rows<{ name: string; type: string }>(
    `SELECT column_name AS name, column_type AS type FROM (DESCRIBE ${sql})`,
  );
  const list = (some: readonly { name: string; type: string }[]) =>
    some.map(({ name, type }) => `${name} ${type}`).join(", ");
  if (list(found) !== list(columns)) {
    throw new Error(`A frame of the columns ${list(columns)} cannot take ${list(found)}`);
  }
}
