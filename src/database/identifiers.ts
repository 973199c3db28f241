/** An identifier for SQL text. Every identifier is quoted by this function; values are parameters. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string literal, for statements that take no parameters: utility commands, and table functions of DuckDB. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
