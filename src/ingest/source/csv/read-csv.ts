import { quoteLiteral } from "../../../database/identifiers.ts";
import type { CsvLayout, Layout } from "../layout.ts";
import type { ScanContext } from "../scanned-file.ts";
import { sourceColumnList } from "../source-columns.ts";
import { delimiterOf } from "./dialect.ts";
import { maxRecordBytes } from "./records.ts";

/** CSV that DuckDB can read in one way only. */
export interface ReadableCsv {
  readonly path: string;
  /** Lines to skip: 1 if the file has its header. */
  readonly skip: number;
  /** Whether lines end with LF. Other line ends are left to DuckDB: if CRLF is given by name, it reads no rows (1.5). */
  readonly endsWithLf: boolean;
  /** Must be false if a record has several lines: in parallel, DuckDB fails on them (1.5). */
  readonly parallel: boolean;
}

/** SQL of the records of a CSV file, as {@link ScannedFile.relation} describes them. */
export function readCsv(
  layout: Layout & Pick<CsvLayout, "dialect">,
  context: ScanContext,
  { path, skip, endsWithLf, parallel }: ReadableCsv,
): string {
  const fields = layout.fileColumns.map((_, index) => `f${index}`);
  // A rejects file says which record of which file its rows were.
  const ownPlace = ["_file", "_record"].flatMap((name) => {
    const index = layout.fileColumns.indexOf(name);
    return index === -1 ? [] : `${fields[index]} AS own${name}`;
  });
  return `(
    SELECT ${[sourceColumnList(layout, context, fields), ...ownPlace].join(", ")}
    FROM read_csv(
      ${quoteLiteral(path)},
      auto_detect = false,
      header = false,
      skip = ${skip},
      columns = {${fields.map((field) => `${field}: 'VARCHAR'`).join(", ")}},
      delim = ${quoteLiteral(delimiterOf(layout.dialect))},
      quote = '"',
      escape = '"',
      comment = '',
      ${endsWithLf ? "new_line = '\\n'," : ""}
      strict_mode = true,
      max_line_size = ${2 * maxRecordBytes},
      parallel = ${parallel},
      compression = 'none'
    )
  )`;
}
