import type { Data, Field } from "apache-arrow";
import { type ChunkColumn, isValid } from "../../duckdb/chunks.ts";
import type { ColumnType } from "../columns.ts";
import type { OutputColumn } from "./frame-file.ts";

type Arrow = typeof import("apache-arrow");

/** Rows of a record batch. */
export const batchRows = 65_536;

/** The values of a column for one batch, in the layout of Arrow. The next batch uses the same memory. */
export interface ArrowColumn {
  /** Copies rows of a chunk to their place in the batch. Place 0 begins a new batch. */
  take(source: ChunkColumn, rows: Rows): void;
  /** The column of the batch, valid until the next rows are taken. */
  data(arrow: Arrow, rows: number): Data;
}

/** `count` rows, `from` a place in a chunk to the place `at` in the batch. */
interface Rows {
  readonly from: number;
  readonly count: number;
  readonly at: number;
}

export function fieldOf(arrow: Arrow, { name, type }: OutputColumn): Field {
  return new arrow.Field(name, typeOf(arrow, type), true);
}

export function arrowColumn(type: ColumnType): ArrowColumn {
  switch (type) {
    case "VARCHAR":
      return textColumn();
    case "BOOLEAN":
      return booleanColumn();
    case "DOUBLE":
      return fixedColumn(type, new Float64Array(batchRows), 0);
    case "INTEGER":
      return fixedColumn(type, new Int32Array(batchRows), 0);
    case "TIMESTAMP":
      return fixedColumn(type, new BigInt64Array(batchRows), 0n);
  }
}

function typeOf(arrow: Arrow, type: ColumnType) {
  switch (type) {
    case "VARCHAR":
      return new arrow.Utf8();
    case "BOOLEAN":
      return new arrow.Bool();
    case "DOUBLE":
      return new arrow.Float64();
    case "INTEGER":
      return new arrow.Int32();
    case "TIMESTAMP":
      return new arrow.TimestampMicrosecond();
  }
}

type FixedValues<Value> = (Float64Array | Int32Array | BigInt64Array) & {
  fill(value: Value, start: number, end: number): unknown;
};

/** DuckDB and Arrow have the same layout. The value of a NULL is cleared, so that the same rows give the same bytes. */
function fixedColumn<Value extends number | bigint>(
  type: "DOUBLE" | "INTEGER" | "TIMESTAMP",
  values: FixedValues<Value>,
  cleared: Value,
): ArrowColumn {
  const nulls = nullsOfBatch();
  const width = values.BYTES_PER_ELEMENT as 4 | 8;
  const bytes = new Uint8Array(values.buffer);
  return {
    take: (source, rows) => {
      bytes.set(
        source.values(width).subarray(rows.from * width, (rows.from + rows.count) * width),
        rows.at * width,
      );
      nulls.take(source, rows, (at) => values.fill(cleared, at, at + 1));
    },
    data: (arrow, length) =>
      arrow.makeData({ type: typeOf(arrow, type), length, data: values, ...nulls.bitmap(length) } as never),
  };
}

/** DuckDB has a byte per value, Arrow a bit. */
function booleanColumn(): ArrowColumn {
  const nulls = nullsOfBatch();
  const bits = new Uint8Array(batchRows / 8);
  return {
    take: (source, rows) => {
      const values = source.values(1);
      if (rows.at === 0) bits.fill(0);
      for (let index = 0; index < rows.count; index++) {
        if (values[rows.from + index] !== 0) setBit(bits, rows.at + index);
      }
      nulls.take(source, rows, (at) => clearBit(bits, at));
    },
    data: (arrow, length) =>
      arrow.makeData({ type: new arrow.Bool(), length, data: bits, ...nulls.bitmap(length) }),
  };
}

/** The texts one after another, and the offset at which each of them ends. */
function textColumn(): ArrowColumn {
  const nulls = nullsOfBatch();
  const offsets = new Int32Array(batchRows + 1);
  let bytes = new Uint8Array(batchRows * 16);
  return {
    take: (source, rows) => {
      const text = source.texts();
      let end = rows.at === 0 ? 0 : (offsets[rows.at] ?? 0);
      for (let index = 0; index < rows.count; index++) {
        if (isValid(source.validity, rows.from + index)) {
          const value = text(rows.from + index);
          if (end + value.length > bytes.length) bytes = grown(bytes, end + value.length);
          bytes.set(value, end);
          end += value.length;
        }
        offsets[rows.at + index + 1] = end;
      }
      nulls.take(source, rows, () => {});
    },
    data: (arrow, length) =>
      arrow.makeData({
        type: new arrow.Utf8(),
        length,
        valueOffsets: offsets,
        data: bytes,
        ...nulls.bitmap(length),
      }),
  };
}

/** Which rows of the batch have a value. */
function nullsOfBatch() {
  const bits = new Uint8Array(batchRows / 8);
  let nullCount = 0;
  return {
    take: (source: ChunkColumn, { from, count, at }: Rows, clear: (at: number) => void) => {
      if (at === 0) {
        bits.fill(0xff);
        nullCount = 0;
      }
      if (source.validity === undefined) return;
      for (let index = 0; index < count; index++) {
        if (isValid(source.validity, from + index)) continue;
        clearBit(bits, at + index);
        clear(at + index);
        nullCount++;
      }
    },
    bitmap: (length: number) => {
      for (let at = length; at % 8 !== 0; at++) clearBit(bits, at);
      return { nullCount, nullBitmap: nullCount === 0 ? null : bits };
    },
  };
}

function setBit(bits: Uint8Array, at: number): void {
  bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7));
}

function clearBit(bits: Uint8Array, at: number): void {
  bits[at >> 3] = (bits[at >> 3] ?? 0) & ~(1 << (at & 7));
}

function grown(bytes: Uint8Array, atLeast: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(atLeast, bytes.length * 2));
  larger.set(bytes);
  return larger;
}
