import { quoteIdentifier } from "../../database/identifiers.ts";
import type { ColumnType } from "../columns.ts";

export interface OutputColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** One file of a frame, of any format, that grows by the rows of queries. */
export interface FrameFile {
  /** Adds the rows of a query in their order. @returns how many */
  append(sql: string): Promise<number>;
  /** Completes the file; from here on it is on the disk, whatever happens to the machine. */
  finish(): Promise<FinishedFile>;
}

export interface FinishedFile {
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** SQL of no rows of the columns: what a file that got no rows is made from. */
export function noRows(columns: readonly OutputColumn[]): string {
  const nulls = columns.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${quoteIdentifier(name)}`);
  return `SELECT ${nulls.join(", ")} WHERE false`;
}
