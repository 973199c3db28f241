/* Places in the text of a query, for messages. Positions are those of PostgreSQL: characters, from 1. */

/** Line and column, both from 1. */
export function placeOf(sql: string, position: number): { line: number; column: number } {
  const before = [...sql]
    .slice(0, position - 1)
    .join("")
    .split(/\r\n|\r|\n/);
  return { line: before.length, column: [...(before.at(-1) ?? "")].length + 1 };
}

/** The identifier at a position, without quotes and without what it is qualified by: `quantty` of `s.quantty`. */
export function wordAt(sql: string, position: number): string {
  const rest = [...sql].slice(position - 1).join("");
  const name =
    /^(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*)(?:\.(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*))*/u.exec(
      rest,
    );
  const last = name?.[0].match(/"(?:[^"]|"")*"$|[^.]+$/)?.[0] ?? "";
  return last.startsWith('"') ? last.slice(1, -1).replaceAll('""', '"') : last;
}

/** How many characters of a line are shown around the position. */
const shownBefore = 60;
const shownAfter = 30;

/** The line of a position, and below it a mark. */
export function markedSql(sql: string, position: number): string {
  const { line, column } = placeOf(sql, position);
  // One column per character: what would move the cursor becomes a blank.
  const characters = [...(sql.split(/\r\n|\r|\n/)[line - 1] ?? "")].map((character) =>
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(character) ? " " : character,
  );
  const start = Math.max(0, column - 1 - shownBefore);
  const end = column - 1 + shownAfter;
  const text = `${start > 0 ? "…" : ""}${characters.slice(start, end).join("")}${end < characters.length ? "…" : ""}`;
  const prefix = `${line} | `;
  const offset = prefix.length + column - 1 - start + (start > 0 ? 1 : 0);
  return `    ${prefix}${text.trimEnd()}\n    ${" ".repeat(offset)}^`;
}
