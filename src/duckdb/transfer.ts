import { quoteLiteral } from "../database/identifiers.ts";

/** A column of a file that `COPY … TO` wrote. */
export interface CopiedColumn {
  readonly name: string;
  /** As DuckDB spells it. */
  readonly type: string;
}

/**
 * SQL of the rows of a file written by `COPY … TO STDOUT WITH (FORMAT csv)`: what is empty and not quoted is NULL.
 *
 * @param hasText a text may hold line ends, which DuckDB loses its way in when it reads in parallel
 */
export function copiedCsv(path: string, columns: readonly CopiedColumn[], hasText: boolean): string {
  const types = columns.map(({ name, type }) => `${quoteLiteral(name)}: ${quoteLiteral(type)}`);
  return `read_csv(
    ${quoteLiteral(path)},
    auto_detect = false,
    header = false,
    columns = {${types.join(", ")}},
    delim = ',',
    quote = '"',
    escape = '"',
    new_line = '\\n',
    allow_quoted_nulls = false,
    max_line_size = 2097152,
    parallel = ${!hasText}
  )`;
}
