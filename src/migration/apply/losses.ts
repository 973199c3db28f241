import type { Client } from "../../database/connection.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";
import { countText } from "../../system/numbers.ts";
import type { Step } from "./migration-plan.ts";
import { type Removal, removalsOf } from "./removals.ts";

/** Data that a migration would remove. */
export interface Loss {
  /** The revision that removes it. */
  readonly revision: string;
  /** The table whose rows are removed; null if the statement does not say. */
  readonly table: string | null;
  /** The column whose values are removed; null if whole rows are. */
  readonly column: string | null;
  /** How many rows, or how many values that are not NULL; null if they cannot be counted. */
  readonly rows: number | null;
  /** The statement, if it does not say what it removes; otherwise null. */
  readonly statement: string | null;
}

/**
 * The data that the steps would remove from the current schema, counted now. Tables and columns without rows are not
 * included, nor are columns of tables that the steps drop as a whole.
 */
export async function lossesOf(client: Client, steps: readonly Step[]): Promise<Loss[]> {
  const losses: Loss[] = [];
  const seen = new Set<string>();
  for (const { revision, direction } of steps) {
    for (const removal of removalsOf(revision[direction].sql)) {
      const loss = await lossOf(client, revision.id, removal);
      const key = JSON.stringify([loss?.table, loss?.column, loss?.statement]);
      if (loss === undefined || loss.rows === 0 || seen.has(key)) continue;
      seen.add(key);
      losses.push(loss);
    }
  }
  const whole = new Set(losses.flatMap(({ table, column }) => (column === null ? [table] : [])));
  return losses.filter(({ table, column }) => column === null || !whole.has(table));
}

/** Undefined if there is no such table or column, or if the role may not change it. */
async function lossOf(client: Client, revision: string, removal: Removal): Promise<Loss | undefined> {
  if (removal.kind === "unknown")
    return { revision, table: null, column: null, rows: null, statement: removal.statement };
  const { column = null } = removal;
  const { rows } = await client.query<{ table: string; readable: boolean }>(
    `SELECT c.oid::regclass::text AS "table", has_table_privilege(c.oid, 'SELECT') AS readable
     FROM pg_class c
     WHERE c.oid = to_regclass($1)
       AND c.relkind IN ('r', 'p')
       AND pg_has_role(c.relowner, 'USAGE')
       AND ($2::text IS NULL OR EXISTS (
         SELECT FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attname = $2 AND a.attgenerated = '' AND NOT a.attisdropped
       ))`,
    [removal.table, column],
  );
  const found = rows[0];
  if (found === undefined) return undefined;
  const loss = { revision, table: found.table, column, statement: null };
  if (!found.readable) return { ...loss, rows: null };
  const counted = column === null ? "*" : quoteIdentifier(column);
  const { rows: counts } = await client.query<{ rows: string }>(
    `SELECT count(${counted}) AS rows FROM ${found.table}`,
  );
  return { ...loss, rows: Number(counts[0]?.rows) };
}

/**
 * A loss in words: `1,234 rows of sales_daily`, `5 values of store.city`, `not known: DO $$ …`.
 *
 * @example
 * ```ts
 * import { lossText } from "forecastlab/migration";
 *
 * const loss = { revision: "0002_region", table: "store", column: "region", rows: 5, statement: null };
 * console.log(lossText(loss)); // 5 values of store.region
 * ```
 */
export function lossText({ table, column, rows, statement }: Loss): string {
  if (table === null) return `not known: ${statement}`;
  const count = (what: string) => (rows === null ? `${what}s that cannot be counted` : countText(rows, what));
  return column === null ? `${count("row")} of ${table}` : `${count("value")} of ${table}.${column}`;
}
