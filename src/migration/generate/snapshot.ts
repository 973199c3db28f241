import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fail } from "../../errors.ts";

/* The model as plain data, in drizzle-kit's form; only what is read here is spelled out. */

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

/** Tables under `public.<name>`; enums, sequences and views under their names. */
export interface Snapshot {
  readonly tables: Named<TableSnapshot>;
  readonly enums: Named<unknown>;
  readonly sequences: Named<unknown>;
  readonly views: Named<unknown>;
  readonly [other: string]: unknown;
}

/** A drizzle schema: an object that holds the tables, as `import * as schema` gives it. */
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
 * The committed snapshot of a migrations' folder; empty where there is none yet.
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

/** The snapshot as text: the same model always gives the same file. */
export function snapshotText(snapshot: Snapshot): string {
  return `${JSON.stringify(snapshot, null, 2)}\n`;
}

export const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

export function mapValues<T>(record: Named<T>, change: (value: T, key: string) => T) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}

export function entries<T>(record: Named<T>, keep: (key: string, value: T) => boolean) {
  return Object.fromEntries(Object.entries(record).filter(([key, value]) => keep(key, value)));
}
