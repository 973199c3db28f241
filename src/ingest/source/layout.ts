import type { Dialect } from "./csv/dialect.ts";
import type { Encoding } from "./encoding.ts";
import type { SourceFile } from "./source-file.ts";

/** How source files are written, as flags or a mapping say. */
export interface Format {
  readonly delimiter?: string | undefined;
  readonly quote?: string | undefined;
  readonly encoding?: string | undefined;
  /** Column names of files without a header line. */
  readonly header?: readonly string[] | undefined;
}

/** A file whose columns are known. */
export type Layout = CsvLayout | ParquetLayout | NdjsonLayout;

interface Columns {
  readonly file: SourceFile;
  /**
   * Names of the columns the file gives a load, each once (ignoring case): those in the file, without those a rejects file
   * adds, and then the constants.
   */
  readonly columns: readonly string[];
  /** Names of the columns in the file, in its order. */
  readonly fileColumns: readonly string[];
  /** Columns that have one value in all records of the file: the keys of its partitioned folders. */
  readonly constants: ReadonlyMap<string, string>;
}

export interface CsvLayout extends Columns {
  readonly kind: "csv";
  readonly encoding: Encoding;
  readonly dialect: Dialect;
  /** Whether the first record is the header. */
  readonly hasHeader: boolean;
}

export interface ParquetLayout extends Columns {
  readonly kind: "parquet";
  /** Path that DuckDB can read: of the file, or of a link to it or a decompressed copy. */
  readonly readable: string;
  /** DuckDB's types of the columns in the file. */
  readonly types: readonly string[];
}

export interface NdjsonLayout extends Columns {
  readonly kind: "ndjson";
  readonly encoding: Encoding;
}
