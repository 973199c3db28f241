import type { Client } from "../../database/connection.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { fetchTable } from "../../duckdb/transfer.ts";
import type { Reference } from "../../schema/contracts.ts";
import { tables } from "../engine-tables.ts";
import type { LoadPlan } from "../load-plan.ts";
import { isSurrogateKey } from "./column-rules.ts";

/** Fetches the keys of the dimensions that the table refers to, and for prices the validity windows that are stored. */
export async function fetchDimensionKeys(engine: Engine, client: Client, plan: LoadPlan): Promise<void> {
  const dimensions = new Map(plan.contract.references.map((reference) => [reference.dimension, reference]));
  for (const [dimension, { key, id }] of dimensions) {
    await fetchTable(engine, client, tables.dimension(dimension), {
      query: `SELECT ${quoteIdentifier(key)} AS key, ${quoteIdentifier(id)} AS id FROM ${dimension}`,
      columns: [
        { name: "key", type: typesOf[dimension].key },
        { name: "id", type: typesOf[dimension].id },
      ],
    });
  }
  if (plan.contract.name === "price_history") {
    await fetchTable(engine, client, tables.storedPriceWindow, {
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
 * Makes for each dimension a type with all its natural keys, and a table from these to surrogate keys. A text is looked up
 * by casting it to the type, which unlike a join leaves rows in their order.
 */
export async function createKeyTypes(engine: Engine, plan: LoadPlan): Promise<void> {
  for (const dimension of new Set(plan.contract.references.map((reference) => reference.dimension))) {
    const [keys, type] = [tables.dimension(dimension), tables.naturalKey(dimension)];
    const ids = tables.surrogateKey(dimension);
    await engine.run(`DROP TABLE IF EXISTS ${ids}; DROP TYPE IF EXISTS ${type}`);
    // An ENUM needs at least one value: the empty text, which is never looked up.
    await engine.run(`
      CREATE TYPE ${type} AS ENUM (
        SELECT '' UNION ALL SELECT CAST(key AS VARCHAR) FROM ${keys} WHERE CAST(key AS VARCHAR) <> ''
      )
    `);
    if (dimension === "calendar") continue;
    await engine.run(`CREATE TABLE ${ids} AS SELECT CAST(key AS ${type}) AS key, id FROM ${keys}`);
  }
}

/** SQL of `_seq` and the columns of a load as the table has them: surrogate keys in place of natural ones. */
export function surrogateKeyRows(plan: LoadPlan, relation: string): string {
  const columns = plan.columns.map((column) => {
    const name = quoteIdentifier(column.column);
    return isSurrogateKey(column) ? `${column.reference.dimension}.id AS ${name}` : `natural_row.${name}`;
  });
  const joins = plan.columns
    .filter(isSurrogateKey)
    .map(
      ({ input, reference: { dimension } }) =>
        `LEFT JOIN ${tables.surrogateKey(dimension)} AS ${dimension} ON ${dimension}.key = natural_row.${quoteIdentifier(input)}`,
    );
  return `
    SELECT natural_row._seq, ${columns.join(", ")} FROM (${relation}) AS natural_row ${joins.join(" ")}
  `;
}

const typesOf: Record<Reference["dimension"], { readonly key: string; readonly id: string }> = {
  store: { key: "VARCHAR", id: "INTEGER" },
  product: { key: "VARCHAR", id: "INTEGER" },
  calendar: { key: "DATE", id: "DATE" },
};
