import { quoteIdentifier } from "../../database/identifiers.ts";
import type { ColumnType } from "../columns.ts";

export interface OutputColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** Key-value metadata of a file. */
export type FileMetadata = Readonly<Record<string, string>>;

/** One file of a frame, of any format. */
export interface FrameFile {
  /** Appends the rows of a query in their order. @returns how many */
  append(sql: string): Promise<number>;
  /** Completes the file and syncs it to the disk. */
  finish(): Promise<FinishedFile>;
}

export interface FinishedFile {
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** SQL of these columns without rows, for a file that got none. */
export function noRows(columns: readonly OutputColumn[]): string {
  const nulls = columns.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${quoteIdentifier(name)}`);
  return `SELECT ${nulls.join(", ")} WHERE false`;
}
