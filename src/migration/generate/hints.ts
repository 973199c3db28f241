import type { Snapshot, TableSnapshot } from "./snapshot.ts";

/* Comments in a generated revision, where a diff cannot know what a person means. */

/** The comment to stand above a statement, if it needs one. */
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
    return `-- Values of ${old} do not turn into ${type} by themselves: add USING and an expression of ${column}.`;
  }
  if (statement.endsWith(" SET NOT NULL;")) {
    return `-- Fails while there are rows without ${column}: fill them first.`;
  }
  return statement.includes(" ADD COLUMN ") ? columnHint(alter, column, before, after) : undefined;
}

/** Types of one family turn into each other without being told how. */
function family(type: string): string {
  if (/^(text|varchar|char|citext)/.test(type)) return "text";
  if (/^(smallint|integer|bigint|numeric|real|double)/.test(type)) return "number";
  return /^(date|timestamp)/.test(type) ? "date" : type;
}

function tableHint(name: string, source: Snapshot, target: Snapshot): string | undefined {
  if (`public.${plain(name)}` in source.tables) return undefined;
  const gone = Object.entries(source.tables).filter(([key]) => !(key in target.tables));
  const names = gone.map(([, table]) => table.name);
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
  const gone = Object.keys(before.columns).filter((other) => !(other in after.columns));
  const rename = renameHint(
    name,
    gone,
    "ADD and DROP",
    `ALTER TABLE ${table} RENAME COLUMN ${gone[0]} TO ${name};`,
  );
  const filled =
    column.default !== undefined || column.generated !== undefined || column.identity !== undefined;
  const fails =
    column.notNull && !filled
      ? "-- Fails while the table holds rows: give a DEFAULT, or add it without NOT NULL, fill it, then SET NOT NULL."
      : undefined;
  return [rename, fails].filter(Boolean).join("\n") || undefined;
}

function renameHint(
  name: string,
  gone: readonly string[],
  instead: string,
  statement: string,
): string | undefined {
  if (gone.length === 0) return undefined;
  return `-- New: ${name}. Gone: ${gone.join(", ")}. If this is a rename, write in place of ${instead}:\n-- ${statement}`;
}

const plain = (name: string) => name.replaceAll('"', "");
