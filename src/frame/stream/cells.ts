import { type ChunkColumn, isValid } from "../../duckdb/chunks.ts";
import type { ColumnType } from "../columns.ts";
import { dateOf } from "../days.ts";

/** A value of a frame: NULL is null, a day is YYYY-MM-DD. */
export type FrameCell = string | number | boolean | null;

/** The values of a column of a chunk by row, valid until the next chunk. */
export function cellsOf(column: ChunkColumn, type: ColumnType): (row: number) => FrameCell {
  const { validity } = column;
  const value = valuesOf(column, type);
  return validity === undefined ? value : (row) => (isValid(validity, row) ? value(row) : null);
}

function valuesOf(column: ChunkColumn, type: ColumnType): (row: number) => FrameCell {
  switch (type) {
    case "DOUBLE": {
      const values = viewOf(column.values(8));
      return (row) => values.getFloat64(row * 8, true);
    }
    case "INTEGER": {
      const values = viewOf(column.values(4));
      return (row) => values.getInt32(row * 4, true);
    }
    case "BOOLEAN": {
      const values = column.values(1);
      return (row) => values[row] !== 0;
    }
    case "TIMESTAMP": {
      const values = viewOf(column.values(8));
      return (row) => dayText(Number(values.getBigInt64(row * 8, true) / microsecondsOfDay));
    }
    case "VARCHAR": {
      const texts = column.texts();
      return (row) => {
        const { buffer, byteOffset, byteLength } = texts(row);
        return Buffer.from(buffer, byteOffset, byteLength).toString("utf8");
      };
    }
  }
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  new DataView(buffer, byteOffset, byteLength);

const microsecondsOfDay = 86_400_000_000n;

/** All series have the same few days. */
const dayTexts = new Map<number, string>();

function dayText(day: number): string {
  const known = dayTexts.get(day);
  if (known !== undefined) return known;
  const text = dateOf(day);
  dayTexts.set(day, text);
  return text;
}
