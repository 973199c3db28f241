import { join } from "node:path";
import type { Client } from "../database/connection.ts";
import { copyToFile } from "../database/copy.ts";
import { quoteIdentifier, quoteLiteral } from "../database/identifiers.ts";
import type { Reference } from "../schema/contracts.ts";
import type { Engine } from "./engine.ts";
import type { LoadPlan } from "./plan.ts";

/**
 * Fetches what a load is compared with: `dimension_store`, `dimension_product` and `dimension_calendar` (natural key and
 * id), as far as the table refers to them, and for prices the `stored_window`s.
 */
export async function fetchKeys(engine: Engine, client: Client, plan: LoadPlan): Promise<void> {
  // The server writes dates as the session says.
  await client.query("SET datestyle = 'ISO, YMD'");
  const dimensions = new Map(plan.contract.references.map((reference) => [reference.dimension, reference]));
  for (const [dimension, { key, id }] of dimensions) {
    await fetch(engine, client, `dimension_${dimension}`, {
      query: `SELECT ${quoteIdentifier(key)} AS key, ${quoteIdentifier(id)} AS id FROM ${dimension}`,
      columns: columnsOf[dimension],
    });
  }
  if (plan.contract.name === "price_history") {
    await fetch(engine, client, "stored_window", {
      query: "SELECT product_id, store_id, valid_from, valid_to FROM price_history",
      columns: { product_id: "INTEGER", store_id: "INTEGER", valid_from: "DATE", valid_to: "DATE" },
    });
  }
}

const columnsOf: Record<Reference["dimension"], Record<string, string>> = {
  store: { key: "VARCHAR", id: "INTEGER" },
  product: { key: "VARCHAR", id: "INTEGER" },
  calendar: { key: "DATE", id: "DATE" },
};

async function fetch(
  engine: Engine,
  client: Client,
  table: string,
  { query, columns }: { query: string; columns: Record<string, string> },
): Promise<void> {
  const path = join(engine.folder, `${table}.csv`);
  await copyToFile(
    client,
    `COPY (${query}) TO STDOUT WITH (FORMAT csv, FORCE_QUOTE *, ENCODING 'UTF8')`,
    path,
    engine.signal,
  );
  const types = Object.entries(columns).map(([name, type]) => `${quoteLiteral(name)}: ${quoteLiteral(type)}`);
  await engine.run(`
    CREATE TABLE ${table} AS
    SELECT * FROM read_csv(
      ${quoteLiteral(path)},
      auto_detect = false,
      header = false,
      columns = {${types.join(", ")}},
      delim = ',',
      quote = '"',
      escape = '"',
      new_line = '\\n',
      parallel = false
    )
  `);
}
