/** The one way an identifier gets into SQL text. Values never do: they are parameters. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string literal, for the few statements that take no parameters (utility commands, DuckDB table functions). */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
