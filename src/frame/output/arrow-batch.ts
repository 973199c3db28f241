import type { RecordBatch, Schema } from "apache-arrow";
import type { Chunk } from "../../duckdb/chunks.ts";
import { arrowColumn, batchRows, fieldOf } from "./arrow-columns.ts";
import type { FileMetadata, OutputColumn } from "./frame-file.ts";

type Arrow = typeof import("apache-arrow");

/** A record batch that is being filled, independent of where queries begin and end. */
export interface GrowingBatch {
  rows(): number;
  isFull(): boolean;
  /** Copies rows of a chunk, `from` a row on, as many as there is room for. @returns how many */
  take(chunk: Chunk, from: number): number;
  /** The batch. Its memory is used again by the next rows that are taken. */
  record(arrow: Arrow, schema: Schema): RecordBatch;
}

export function schemaOf(arrow: Arrow, columns: readonly OutputColumn[], metadata: FileMetadata): Schema {
  const fields = columns.map((column) => fieldOf(arrow, column));
  return new arrow.Schema(fields, new Map(Object.entries(metadata)));
}

/** An empty batch of up to {@link batchRows} rows. */
export function emptyBatch(columns: readonly OutputColumn[]): GrowingBatch {
  const values = columns.map(({ type }) => arrowColumn(type));
  let filled = 0;
  return {
    rows: () => filled,
    isFull: () => filled === batchRows,
    take: (chunk, from) => {
      const count = Math.min(chunk.rows - from, batchRows - filled);
      for (const [index, column] of values.entries()) {
        const source = chunk.columns[index];
        if (source !== undefined) column.take(source, { from, count, at: filled });
      }
      filled += count;
      return count;
    },
    record: (arrow, schema) => {
      const children = values.map((column) => column.data(arrow, filled));
      const type = new arrow.Struct(schema.fields);
      const data = arrow.makeData({ type, length: filled, nullCount: 0, children });
      filled = 0;
      return new arrow.RecordBatch(schema, data);
    },
  };
}
