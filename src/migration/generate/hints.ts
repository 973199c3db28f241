import type { Snapshot, TableSnapshot } from "./snapshot.ts";

/* Comments in a generated revision on what a diff cannot know. */

/** The comment above a statement; undefined if it needs none. */
export function hintFor(statement: string, source: Snapshot, target: Snapshot): string | undefined {
  const [, create, alter] = /^(?:CREATE TABLE (\S+)|ALTER TABLE (\S+))/.exec(statement) ?? [];
  if (create !== undefined) return tableHint(create, source, target);
  if (alter === undefined) return undefined;
  const key = `public.${plain(alter)}`;
  const [before, after] = [source.tables[key], target.tables[key]];
  const column = plain(/ (?:ADD|ALTER) COLUMN (\S+)/.exec(statement)?.[1] ?? "");
  if (before === undefined || after === undefined || column === "") return undefined;
  if (/ SET DATA TYPE (?!.* USING )/.test(statement)) {
    const [old, type] = [before.columns[column]?.type ?? "", after.columns[column]?.type ?? ""];
    if (family(type) === "text" || family(old) === family(type)) return undefined;
    return `-- PostgreSQL does not convert ${old} to ${type} by itself: add USING with an expression of ${column}.`;
  }
  if (statement.endsWith(" SET NOT NULL;")) {
    return `-- Fails if ${column} is NULL in any row: fill it first.`;
  }
  return statement.includes(" ADD COLUMN ") ? columnHint(alter, column, before, after) : undefined;
}

/** PostgreSQL converts types of one family into each other without USING. */
function family(type: string): string {
  if (/^(text|varchar|char|citext)/.test(type)) return "text";
  if (/^(smallint|integer|bigint|numeric|real|double)/.test(type)) return "number";
  return /^(date|timestamp)/.test(type) ? "date" : type;
}

function tableHint(name: string, source: Snapshot, target: Snapshot): string | undefined {
  if (`public.${plain(name)}` in source.tables) return undefined;
  const dropped = Object.entries(source.tables).filter(([key]) => !(key in target.tables));
  const names = dropped.map(([, table]) => table.name);
  return renameHint(name, names, "CREATE TABLE and DROP TABLE", `ALTER TABLE ${names[0]} RENAME TO ${name};`);
}

function columnHint(
  table: string,
  name: string,
  before: TableSnapshot,
  after: TableSnapshot,
): string | undefined {
  const column = after.columns[name];
  if (column === undefined || name in before.columns) return undefined;
  const dropped = Object.keys(before.columns).filter((other) => !(other in after.columns));
  const rename = renameHint(
    name,
    dropped,
    "ADD and DROP",
    `ALTER TABLE ${table} RENAME COLUMN ${dropped[0]} TO ${name};`,
  );
  const hasValue =
    column.default !== undefined || column.generated !== undefined || column.identity !== undefined;
  const fails =
    column.notNull && !hasValue
      ? "-- Fails if the table has rows: add a DEFAULT, or add the column without NOT NULL, fill it, then SET NOT NULL."
      : undefined;
  return [rename, fails].filter(Boolean).join("\n") || undefined;
}

function renameHint(
  name: string,
  dropped: readonly string[],
  replaced: string,
  statement: string,
): string | undefined {
  if (dropped.length === 0) return undefined;
  return `-- Added: ${name}. Dropped: ${dropped.join(", ")}. For a rename, replace ${replaced} with:\n-- ${statement}`;
}

const plain = (name: string) => name.replaceAll('"', "");
