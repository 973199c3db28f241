import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import { frameTables, isFactTable } from "./frame-tables.ts";
import type { WarehouseReader } from "./reader.ts";

/* What was recorded in the warehouse, and when. */

/** SQL condition: the fact was recorded by the knowledge time. */
export function recordedBy(knownAt: string | null): string {
  return knownAt === null ? "true" : `created_at <= TIMESTAMPTZ ${quoteLiteral(knownAt)}`;
}

/** The loads in the ledger that wrote facts of frames, and had started by the knowledge time. */
export async function loadsOf(reader: WarehouseReader, knownAt: string | null): Promise<number[]> {
  const facts = frameTables()
    .filter(isFactTable)
    .map(({ name }) => name);
  const rows = await reader.rows<{ id: string }>(
    `SELECT id FROM load_run
     WHERE table_name = ANY($1::text[]) AND ($2::timestamptz IS NULL OR started_at <= $2::timestamptz)
     ORDER BY id`,
    // Transactions are rolled up to sales.
    [[...facts, "sales_txn"], knownAt],
  );
  return rows.map(({ id }) => Number(id));
}

/** How many rows were overwritten since the knowledge time, by table; tables without such rows are omitted. */
export async function changedSince(
  reader: WarehouseReader,
  knownAt: string,
): Promise<{
  readonly overwritten: Record<string, number>;
  readonly dimensions_changed: Record<string, number>;
}> {
  const countIn = async (tables: readonly { readonly name: string }[], condition: string) => {
    const counts: Record<string, number> = {};
    for (const { name } of tables) {
      const [row] = await reader.rows<{ rows: number }>(
        `SELECT count(*)::float8 AS rows FROM ${quoteIdentifier(name)} WHERE ${condition}`,
        [knownAt],
      );
      if (row !== undefined && row.rows > 0) counts[name] = row.rows;
    }
    return counts;
  };
  const tables = frameTables();
  const dimensions = tables.filter((table) => !isFactTable(table));
  return {
    overwritten: await countIn(
      tables.filter(isFactTable),
      "created_at <= $1::timestamptz AND updated_at > $1::timestamptz",
    ),
    dimensions_changed: await countIn(
      dimensions,
      "created_at > $1::timestamptz OR updated_at > $1::timestamptz",
    ),
  };
}
