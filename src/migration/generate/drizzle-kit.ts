import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fail } from "../../errors.ts";
import { emptySnapshot, type Model, type Snapshot, type TableSnapshot } from "./snapshot.ts";

/* drizzle-kit, used only for the diff of two snapshots. It is a development tool and may not be installed. */

interface DrizzleKit {
  generateDrizzleJson(model: Model, previous?: string, schemas?: string[], casing?: "snake_case"): Snapshot;
  generateMigration(from: Snapshot, to: Snapshot): Promise<string[]>;
}

/** Makes snapshots of models, and the statements between two snapshots. */
export interface DiffEngine {
  snapshotOf(model: Model): Snapshot;
  /**
   * The statements as drizzle-kit writes them. One snapshot must contain everything the other contains: otherwise drizzle-kit
   * asks on the terminal whether something was renamed.
   */
  diff(from: Snapshot, to: Snapshot): Promise<string[]>;
}

/**
 * Loads the diff engine.
 *
 * @throws DIFF_ENGINE_MISSING
 */
export async function loadDiffEngine(): Promise<DiffEngine> {
  let kit: DrizzleKit;
  try {
    kit = (await import("drizzle-kit/api")) as unknown as DrizzleKit;
  } catch (error) {
    throw fail("DIFF_ENGINE_MISSING", {}, error);
  }
  return {
    snapshotOf: (model) => canonical(kit.generateDrizzleJson(model, undefined, undefined, "snake_case")),
    diff: async (from, to) => (await kit.generateMigration(encode(from), encode(to))).map(decode),
  };
}

/** Equal models give equal snapshots: no random ids, tables sorted by name, primary keys in one form. */
function canonical({ id: _, prevId: __, ...snapshot }: Snapshot): Snapshot {
  const tables = Object.entries(snapshot.tables)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, table]) => [key, nameKey(table)]);
  return { ...emptySnapshot, ...snapshot, tables: Object.fromEntries(tables) };
}

/**
 * Gives a key declared on its column the name that PostgreSQL gives it, because drizzle-kit cannot drop it without one, and
 * makes the columns of a key NOT NULL, as PostgreSQL does.
 */
function nameKey(table: TableSnapshot): TableSnapshot {
  const inline = Object.values(table.columns).find(({ primaryKey }) => primaryKey);
  const name = `${table.name}_pkey`;
  const keys =
    inline === undefined ? table.compositePrimaryKeys : { [name]: { name, columns: [inline.name] } };
  const keyColumns = Object.values(keys).flatMap(({ columns }) => columns);
  const columns = Object.entries(table.columns).map(([key, column]) => {
    const notNull = column.notNull || keyColumns.includes(column.name);
    return [key, { ...column, primaryKey: false, notNull }];
  });
  return { ...table, columns: Object.fromEntries(columns), compositePrimaryKeys: keys };
}

/** Replaces semicolons: drizzle-kit joins and splits parts at them, which would cut a check that contains one. */
const placeholder = "\ue000";

function encode(snapshot: Snapshot): Snapshot {
  const text = JSON.stringify({ ...snapshot, id: "", prevId: "" });
  return JSON.parse(text.replaceAll(";", placeholder)) as Snapshot;
}

function decode(statement: string): string {
  return statement.replaceAll("--> statement-breakpoint", "").replaceAll(placeholder, ";").trim();
}

/** Loads the model of the warehouse. */
export async function ownModel(): Promise<Model> {
  return (await import("../../schema/index.ts")) as Model;
}

/**
 * Whether the source of the model was edited after it was compiled, so that the model that runs is outdated. An installed
 * package has no source.
 */
export function modelIsStale(): boolean {
  const runsSource = import.meta.url.endsWith(".ts");
  return !runsSource && isNewer(pathOf("../../../src/schema/"), pathOf("../../../dist/schema/"));
}

const pathOf = (folder: string) => fileURLToPath(new URL(folder, import.meta.url));

/** Whether the newest TypeScript file in one folder is newer than the newest JavaScript file in another. */
export function isNewer(source: string, compiled: string): boolean {
  return existsSync(source) && newest(source, ".ts") > newest(compiled, ".js");
}

function newest(folder: string, ending: string): number {
  const files = readdirSync(folder).filter((file) => file.endsWith(ending));
  return Math.max(0, ...files.map((file) => statSync(join(folder, file)).mtimeMs));
}
