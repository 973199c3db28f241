import { fillCalendar, upgrade, withClient } from "forecastlab";
import type { Server } from "../server.ts";
import { firstDay, lastDayOf, type Shape, sku, storeCode } from "../shape.ts";
import { type Dataset, type Totals, totalsSql } from "./data.ts";

/** What the cases share. */
export interface Bench {
  readonly server: Server;
  readonly data: Dataset;
  /** 5 M rows as the baseline for growth; undefined if `data` is not larger. */
  readonly smaller: Dataset | undefined;
  /** For temporary files. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Migrated, with all dimensions but without sales. Every case starts from a copy of it. */
export const template = "bench_template";

/** Filled by the first load of the round. Later cases repeat the load, or change a copy of it. */
export const filled = "bench_filled";

/** The database of one case. */
export const scratch = "bench_case";

export async function prepareTemplate(server: Server, shape: Shape): Promise<void> {
  const { stores, products } = shape;
  await server.clone(template, "template0");
  const database = server.database(template);
  await upgrade(database);
  await fillCalendar(database, { from: firstDay, to: lastDayOf(shape) });
  await withClient(database, async (client) => {
    await client.query(`
      INSERT INTO store (id, code, name)
      SELECT n + 1, ${storeCode("n")}, 'Store ' || n + 1 FROM generate_series(0, ${stores - 1}) AS n
    `);
    await client.query(`
      INSERT INTO product (id, sku, name)
      SELECT n + 1, ${sku("n")}, 'Product ' || n + 1 FROM generate_series(0, ${products - 1}) AS n
    `);
    await client.query("VACUUM (ANALYZE)");
  });
}

/** @throws if the table and the source file have different totals */
export async function requireTotals(
  server: Server,
  database: string,
  expected: Totals,
  table = "sales_daily",
): Promise<void> {
  const { rows } = await withClient(server.database(database), (client) =>
    client.query<Totals>(totalsSql(table)),
  );
  const [found, due] = [rows[0], expected].map((totals) => JSON.stringify(totals));
  if (found !== due) throw new Error(`${table} has ${found} instead of ${due}`);
}
