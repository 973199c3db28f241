import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fail } from "../../errors.ts";
import { emptySnapshot, type Model, type Snapshot, type TableSnapshot } from "./snapshot.ts";

/* drizzle-kit, of which only the diff of two snapshots is used. It is a development tool and may be missing. */

interface DrizzleKit {
  generateDrizzleJson(model: Model, previous?: string, schemas?: string[], casing?: "snake_case"): Snapshot;
  generateMigration(from: Snapshot, to: Snapshot): Promise<string[]>;
}

/** The diff engine: snapshots of models, and the statements between two snapshots. */
export interface DiffEngine {
  snapshotOf(model: Model): Snapshot;
  /**
   * The engine's own statements. What one snapshot has and the other lacks must all be on one side: otherwise the
   * engine asks whether something was renamed.
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

/** The same for the same model: without the random ids, tables by name, primary keys in one form. */
function canonical({ id: _, prevId: __, ...snapshot }: Snapshot): Snapshot {
  const tables = Object.entries(snapshot.tables)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, table]) => [key, withNamedKey(table)]);
  return { ...emptySnapshot, ...snapshot, tables: Object.fromEntries(tables) };
}

/**
 * A key declared on its column gets the name PostgreSQL gives it, because the engine cannot drop it without one; and
 * the columns of a key are NOT NULL, as PostgreSQL makes them.
 */
function withNamedKey(table: TableSnapshot): TableSnapshot {
  const inline = Object.values(table.columns).find(({ primaryKey }) => primaryKey);
  const name = `${table.name}_pkey`;
  const keys =
    inline === undefined ? table.compositePrimaryKeys : { [name]: { name, columns: [inline.name] } };
  const keyed = Object.values(keys).flatMap(({ columns }) => columns);
  const columns = Object.entries(table.columns).map(([key, column]) => {
    const notNull = column.notNull || keyed.includes(column.name);
    return [key, { ...column, primaryKey: false, notNull }];
  });
  return { ...table, columns: Object.fromEntries(columns), compositePrimaryKeys: keys };
}

/** The engine joins parts with semicolons and splits them again, which cuts a check that holds one. */
const standIn = "\ue000";

function encode(snapshot: Snapshot): Snapshot {
  const text = JSON.stringify({ ...snapshot, id: "", prevId: "" });
  return JSON.parse(text.replaceAll(";", standIn)) as Snapshot;
}

function decode(statement: string): string {
  return statement.replaceAll("--> statement-breakpoint", "").replaceAll(standIn, ";").trim();
}

/** The warehouse's own model. */
export async function ownModel(): Promise<Model> {
  return (await import("../../schema/index.ts")) as Model;
}

/**
 * Whether the model's source was edited after it was compiled: the compiled one, which is what runs, is then not the
 * one on screen. An installed package has no source.
 */
export function modelIsStale(): boolean {
  const runsSource = import.meta.url.endsWith(".ts");
  return !runsSource && isNewer(beside("../../../src/schema/"), beside("../../../dist/schema/"));
}

const beside = (folder: string) => fileURLToPath(new URL(folder, import.meta.url));

/** Whether the newest TypeScript file of one folder is newer than the newest JavaScript file of another. */
export function isNewer(source: string, compiled: string): boolean {
  return existsSync(source) && newest(source, ".ts") > newest(compiled, ".js");
}

function newest(folder: string, ending: string): number {
  const files = readdirSync(folder).filter((file) => file.endsWith(ending));
  return Math.max(0, ...files.map((file) => statSync(join(folder, file)).mtimeMs));
}
