import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fail } from "../../errors.ts";

/* The model as plain data, in the format of drizzle-kit. Only the properties that are used are typed. */

export interface ColumnSnapshot {
  readonly name: string;
  readonly type: string;
  readonly primaryKey: boolean;
  readonly notNull: boolean;
  readonly default?: unknown;
  readonly generated?: { readonly as: string; readonly type: string };
  readonly identity?: object;
}

export interface ForeignKeySnapshot {
  readonly name: string;
  readonly tableTo: string;
  readonly columnsFrom: readonly string[];
  readonly columnsTo: readonly string[];
}

export type Named<T> = Readonly<Record<string, T>>;

export interface TableSnapshot {
  readonly name: string;
  readonly schema: string;
  readonly columns: Named<ColumnSnapshot>;
  readonly indexes: Named<{
    readonly columns: readonly { readonly expression: string; readonly isExpression: boolean }[];
    readonly where?: string;
    readonly isUnique: boolean;
  }>;
  readonly foreignKeys: Named<ForeignKeySnapshot>;
  readonly compositePrimaryKeys: Named<{ readonly name: string; readonly columns: readonly string[] }>;
  readonly uniqueConstraints: Named<{ readonly columns: readonly string[] }>;
  readonly checkConstraints: Named<{ readonly value: string }>;
  readonly policies: Named<unknown>;
  readonly isRLSEnabled: boolean;
}

/** A model. The keys of tables are `public.<name>`; the keys of enums, sequences and views are their names. */
export interface Snapshot {
  readonly tables: Named<TableSnapshot>;
  readonly enums: Named<unknown>;
  readonly sequences: Named<unknown>;
  readonly views: Named<unknown>;
  readonly [other: string]: unknown;
}

/** A drizzle schema: an object with the tables, as from `import * as schema`. */
export type Model = Record<string, unknown>;

export const emptySnapshot: Snapshot = {
  version: "7",
  dialect: "postgresql",
  tables: {},
  enums: {},
  schemas: {},
  sequences: {},
  roles: {},
  policies: {},
  views: {},
  _meta: { columns: {}, schemas: {}, tables: {} },
};

const snapshotFile = "model.json";

export const snapshotPath = (folder: string) => join(folder, snapshotFile);

/**
 * Reads the snapshot in a folder of migrations; an empty one if there is no file yet.
 *
 * @throws REVISION_FILE_INVALID
 */
export function readSnapshot(folder: string): Snapshot {
  const file = snapshotPath(folder);
  if (!existsSync(file)) return emptySnapshot;
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Snapshot;
  } catch (error) {
    const problem = `it is not JSON: ${(error as Error).message}`;
    throw fail("REVISION_FILE_INVALID", { file, problem }, error);
  }
}

/** The text of a snapshot's file. Equal models have equal texts. */
export function snapshotText(snapshot: Snapshot): string {
  return `${JSON.stringify(snapshot, null, 2)}\n`;
}

export const isEqual = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

export function mapValues<T>(record: Named<T>, change: (value: T, key: string) => T) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}

export function filterEntries<T>(record: Named<T>, keep: (key: string, value: T) => boolean) {
  return Object.fromEntries(Object.entries(record).filter(([key, value]) => keep(key, value)));
}
