import { createHash } from "node:crypto";

/* What loads do to a table, in plain JavaScript: the oracle of the property tests. */

/** A column of a file: `read` gives the value of a text as the table spells it, undefined if the text is invalid. */
export interface ModelColumn {
  readonly name: string;
  readonly read: (text: string) => string | null | undefined;
  /** The value in new rows of loads that do not give the column; undefined if every load must give it. */
  readonly absent?: string | null;
}

export interface Subject {
  readonly table: string;
  readonly grain: readonly string[];
  readonly columns: readonly ModelColumn[];
  /** Whether a row fulfills the CHECKs. */
  readonly holds?: (row: Values) => boolean;
  /** The sum of several rows of a grain, in their order; undefined if nothing is additive. */
  readonly sum?: (rows: readonly Values[]) => Values;
  readonly partitioned: boolean;
}

export type Values = Readonly<Record<string, string | null>>;
/** From the grain, its values joined, to the values of the row. */
export type Table = ReadonlyMap<string, Values>;
export type Policy = "reject" | "first" | "last" | "sum";

export interface Changes {
  inserted: number;
  updated: number;
  unchanged: number;
}

/** What a load of these rows should result in. */
export interface Expected {
  readonly table: Table;
  readonly counts: Changes & {
    read: number;
    duplicates: number;
    rejected: number;
    withheld: number;
    published: boolean;
  };
  readonly months: ReadonlyMap<string, Changes>;
  readonly inserted: ReadonlySet<string>;
  readonly updated: ReadonlySet<string>;
}

export const keyOf = ({ grain }: Subject, row: Values): string =>
  grain.map((name) => row[name] ?? "∅").join(" | ");

/** Loads the records of files, in their order, into the model. */
export function expectLoad(
  subject: Subject,
  before: Table,
  load: { header: readonly string[]; records: readonly (readonly string[])[]; policy: Policy },
  allowed: (read: number) => number,
): Expected {
  const rows = load.records.map((record) => rowOf(subject, load.header, record));
  const groups = new Map<string, Values[]>();
  const incomplete = new Set<string>();
  let rejected = 0;
  for (const { row, valid } of rows) {
    const key = row === undefined ? "" : keyOf(subject, row);
    if (row !== undefined && valid) groups.set(key, [...(groups.get(key) ?? []), row]);
    else rejected++;
    if (row !== undefined && !valid) incomplete.add(key);
  }
  let duplicates = 0;
  const changes = { inserted: 0, updated: 0, unchanged: 0 };
  const months = new Map<string, Changes>();
  const [inserted, updated] = [new Set<string>(), new Set<string>()];
  const table = new Map(before);
  for (const [key, members] of groups) {
    const partial = load.policy === "sum" && incomplete.has(key);
    const row = partial ? undefined : resolve(subject, members, load.policy);
    if (row === undefined) {
      rejected += members.length;
      continue;
    }
    duplicates += members.length - 1;
    const stored = before.get(key);
    const differs =
      stored !== undefined && Object.entries(row).some(([name, value]) => stored[name] !== value);
    const what = stored === undefined ? "inserted" : differs ? "updated" : "unchanged";
    if (what === "inserted") inserted.add(key);
    if (what === "updated") updated.add(key);
    const month = subject.partitioned ? (row.date ?? "").slice(0, 7) : "all";
    const ofMonth = months.get(month) ?? { inserted: 0, updated: 0, unchanged: 0 };
    ofMonth[what]++;
    months.set(month, ofMonth);
    changes[what]++;
    const absent = Object.fromEntries(subject.columns.map((column) => [column.name, column.absent ?? null]));
    table.set(key, { ...absent, ...stored, ...row });
  }
  const read = rows.length;
  if (rejected <= allowed(read)) {
    const counts = { read, ...changes, duplicates, rejected, withheld: 0, published: true };
    return { table, counts, months, inserted, updated };
  }
  const withheld = changes.inserted + changes.updated + changes.unchanged;
  const none = { inserted: 0, updated: 0, unchanged: 0 };
  const counts = { read, ...none, duplicates, rejected, withheld, published: false };
  return { table: before, counts, months: new Map(), inserted: new Set(), updated: new Set() };
}

/** The row of a record, if its grain is valid, and whether the row is valid. */
function rowOf(
  subject: Subject,
  header: readonly string[],
  record: readonly string[],
): { row?: Values; valid: boolean } {
  if (record.length !== header.length) return { valid: false };
  const read = header.map((name, index): [string, string | null | undefined] => {
    const column = subject.columns.find((candidate) => candidate.name === name);
    return [name, column?.read(record[index] ?? "")];
  });
  const invalid = read.filter(([, value]) => value === undefined).map(([name]) => name);
  const row = Object.fromEntries(read) as Values;
  if (invalid.some((name) => subject.grain.includes(name))) return { valid: false };
  return { row, valid: invalid.length === 0 && subject.holds?.(row) !== false };
}

/** The row that rows of one grain become; undefined if all of them are rejected. */
function resolve(subject: Subject, members: readonly Values[], policy: Policy): Values | undefined {
  const different = new Set(members.map((row) => JSON.stringify(row))).size > 1;
  if (policy === "sum") return members.length === 1 ? members[0] : subject.sum?.(members);
  if (policy === "reject" && different) return undefined;
  return policy === "last" ? members.at(-1) : members[0];
}

export const sha256 = (bytes: string | Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** Functions that read texts as strictly as a load. */
export const oneOf =
  (...known: string[]) =>
  (text: string) =>
    known.includes(text) ? text : undefined;

export const whole = (text: string) => (/^\d+(\.0+)?$/.test(text) ? String(Number(text)) : undefined);

export const decimal = (scale: number) => (text: string) =>
  new RegExp(`^(\\d+|\\d*\\.\\d{1,${scale}}0*)$`).test(text) ? Number(text).toFixed(scale) : undefined;

export const orEmpty =
  (read: ModelColumn["read"]): ModelColumn["read"] =>
  (text) =>
    text === "" ? null : read(text);

export const dayWithin = (from: string, to: string) => (text: string) =>
  /^\d{4}-\d\d-\d\d$/.test(text) && isDay(text) && text >= from && text <= to ? text : undefined;

function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
