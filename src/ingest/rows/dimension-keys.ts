import type { Client } from "../../database/connection.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { fetchTable } from "../../duckdb/transfer.ts";
import type { Reference } from "../../schema/contracts.ts";
import type { LoadPlan } from "../load-plan.ts";
import { isLookedUp } from "./column-rules.ts";

/**
 * Fetches what a load is compared with: `dimension_store`, `dimension_product` and `dimension_calendar` (natural key and
 * id), as far as the table refers to them, and for prices the `stored_window`s.
 */
export async function fetchKeys(engine: Engine, client: Client, plan: LoadPlan): Promise<void> {
  const dimensions = new Map(plan.contract.references.map((reference) => [reference.dimension, reference]));
  for (const [dimension, { key, id }] of dimensions) {
    await fetchTable(engine, client, `dimension_${dimension}`, {
      query: `SELECT ${quoteIdentifier(key)} AS key, ${quoteIdentifier(id)} AS id FROM ${dimension}`,
      columns: [
        { name: "key", type: typesOf[dimension].key },
        { name: "id", type: typesOf[dimension].id },
      ],
    });
  }
  if (plan.contract.name === "price_history") {
    await fetchTable(engine, client, "stored_window", {
      query: "SELECT product_id, store_id, valid_from, valid_to FROM price_history",
      columns: [
        { name: "product_id", type: "INTEGER" },
        { name: "store_id", type: "INTEGER" },
        { name: "valid_from", type: "DATE" },
        { name: "valid_to", type: "DATE" },
      ],
    });
  }
}

/**
 * Makes the types `key_store`, `key_product` and `key_calendar`, ENUMs of all natural keys of the dimensions. A text is looked
 * up by casting it, which unlike a join leaves rows in their order.
 */
export async function createKeyTypes(engine: Engine, plan: LoadPlan): Promise<void> {
  for (const dimension of new Set(plan.contract.references.map((reference) => reference.dimension))) {
    await engine.run(`DROP TABLE IF EXISTS id_of_${dimension}; DROP TYPE IF EXISTS key_${dimension}`);
    // No ENUM without values, and no text is looked up when it is empty.
    await engine.run(`
      CREATE TYPE key_${dimension} AS ENUM (
        SELECT '' UNION ALL SELECT CAST(key AS VARCHAR) FROM dimension_${dimension} WHERE CAST(key AS VARCHAR) <> ''
      )
    `);
    if (dimension === "calendar") continue;
    await engine.run(`
      CREATE TABLE id_of_${dimension} AS SELECT CAST(key AS key_${dimension}) AS key, id FROM dimension_${dimension}
    `);
  }
}

/** SQL of `_seq` and the planned columns as the table has them, ids in place of natural keys. */
export function withIds(plan: LoadPlan, relation: string): string {
  const looked = plan.columns.filter(isLookedUp);
  const columns = plan.columns.map((column) => {
    const name = quoteIdentifier(column.column);
    return isLookedUp(column) ? `${column.reference.dimension}.id AS ${name}` : `keyed_row.${name}`;
  });
  const joins = looked.map(
    ({ input, reference: { dimension } }) =>
      `LEFT JOIN id_of_${dimension} AS ${dimension} ON ${dimension}.key = keyed_row.${quoteIdentifier(input)}`,
  );
  return `
    SELECT keyed_row._seq, ${columns.join(", ")} FROM (${relation}) AS keyed_row ${joins.join(" ")}
  `;
}

const typesOf: Record<Reference["dimension"], { readonly key: string; readonly id: string }> = {
  store: { key: "VARCHAR", id: "INTEGER" },
  product: { key: "VARCHAR", id: "INTEGER" },
  calendar: { key: "DATE", id: "DATE" },
};
