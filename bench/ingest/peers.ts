import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import { type Client, withTransaction } from "forecastlab";
import { from } from "pg-copy-streams";
import { type Measurement, timed } from "../measurement.ts";
import { firstDay, type Shape, sku, storeCode } from "../shape.ts";
import { type Dataset, fileColumns } from "./data.ts";

/* Baselines: the usual ways to load sales into a table. */

const columns = "date, store_id, product_id, quantity, unit_price, total_amount";

const overwrite = `
  ON CONFLICT (date, store_id, product_id) DO UPDATE SET
    quantity = excluded.quantity,
    unit_price = excluded.unit_price,
    total_amount = excluded.total_amount,
    updated_at = now()
`;

export const bareTable = `
  CREATE UNLOGGED TABLE bare (
    date date,
    store_id integer,
    product_id integer,
    quantity integer,
    unit_price numeric(10, 2),
    total_amount numeric(12, 2)
  )
`;

/** `COPY` of a file with ids. */
export function copyKeyed(client: Client, table: string, { keyed, shape }: Dataset): Promise<Measurement> {
  return timed(shape.rows, () => copy(client, `${table} (${columns})`, keyed));
}

/** A temporary table filled by `COPY`, then one `INSERT … ON CONFLICT DO UPDATE` of all its rows. */
export function stageAndInsert(client: Client, file: string, rows: number): Promise<Measurement> {
  const work = async () => {
    await client.query(`
      CREATE TEMPORARY TABLE staged (
        date date,
        store_code text,
        sku text,
        quantity integer,
        unit_price numeric(10, 2),
        total_amount numeric(12, 2)
      ) ON COMMIT DROP
    `);
    await copy(client, "staged", file);
    await client.query("ANALYZE staged");
    await client.query(`
      INSERT INTO sales_daily (${columns})
      SELECT staged.date, store.id, product.id, staged.quantity, staged.unit_price, staged.total_amount
      FROM staged
      JOIN store ON store.code = staged.store_code
      JOIN product ON product.sku = staged.sku
      ${overwrite}
    `);
  };
  return timed(rows, () => withTransaction(client, work));
}

async function copy(client: Client, target: string, path: string): Promise<void> {
  const stream = client.query(from(`COPY ${target} FROM STDIN WITH (FORMAT csv, HEADER true)`));
  await pipeline(createReadStream(path, { highWaterMark: 256 * 1024 }), stream);
}

const batchRows = 1000;

/**
 * As an ORM does it: rows as objects, keys looked up in the program, and a thousand rows per statement with one parameter per
 * value, all in one transaction. Uses only the first rows of the file, because it is slow and its time is linear in the rows.
 */
export function insertBatches(client: Client, file: string, rows: number): Promise<Measurement> {
  const work = async () => {
    const stores = await idsOf(client, "SELECT code AS key, id FROM store");
    const products = await idsOf(client, "SELECT sku AS key, id FROM product");
    let [batch, inserted]: [unknown[], number] = [[], 0];
    for await (const [date, store = "", product = "", ...measures] of recordsOf(file, rows)) {
      batch.push(date, stores.get(store), products.get(product), ...measures);
      if (batch.length < batchRows * 6) continue;
      const { rowCount } = await client.query({ name: "batch", text: batchSql, values: batch });
      [batch, inserted] = [[], inserted + (rowCount ?? 0)];
    }
    if (inserted !== rows) throw new Error(`the batches inserted ${inserted} rows instead of ${rows}`);
  };
  return timed(rows, () => withTransaction(client, work));
}

const batchSql = `
  INSERT INTO sales_daily (${columns})
  VALUES ${Array.from({ length: batchRows }, (_, row) => `(${parameters(row * 6)})`).join(", ")}
  ${overwrite}
`;

function parameters(offset: number): string {
  return Array.from({ length: 6 }, (_, column) => `$${offset + column + 1}`).join(", ");
}

async function idsOf(client: Client, sql: string): Promise<Map<string, number>> {
  const { rows } = await client.query<{ key: string; id: number }>(sql);
  return new Map(rows.map(({ key, id }) => [key, id]));
}

async function* recordsOf(file: string, rows: number): AsyncGenerator<string[]> {
  let record = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (record > 0) yield line.split(",");
    if (record++ === rows) return;
  }
}

/** DuckDB into its own database file, with the same keys and checks, from the file with natural keys. */
export async function loadIntoDuckDB(folder: string, { sorted, shape }: Dataset): Promise<Measurement> {
  const path = join(folder, "peer.duckdb");
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  try {
    await connection.run(duckDimensions(shape));
    await connection.run("CHECKPOINT");
    const measurement = await timed(shape.rows, async () => {
      await connection.run(duckTable);
      await connection.run(`
        INSERT INTO sales_daily (${columns})
        SELECT sales.date, store.id, product.id, sales.quantity, sales.unit_price, sales.total_amount
        FROM read_csv('${sorted}', header = true, columns = ${fileColumns}) AS sales
        JOIN store ON store.code = sales.store_code
        JOIN product ON product.sku = sales.sku
      `);
      await connection.run("CHECKPOINT");
    });
    const found = Number(
      (await (await connection.run("SELECT count(*) FROM sales_daily")).getRowsJS())[0]?.[0],
    );
    if (found !== shape.rows) throw new Error(`DuckDB has ${found} rows instead of ${shape.rows}`);
    return measurement;
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(path, { force: true });
  }
}

const duckDimensions = ({ stores, products, days }: Shape) => `
  CREATE TABLE store (id INTEGER PRIMARY KEY, code VARCHAR NOT NULL UNIQUE);
  CREATE TABLE product (id INTEGER PRIMARY KEY, sku VARCHAR NOT NULL UNIQUE);
  CREATE TABLE calendar (date DATE PRIMARY KEY);
  INSERT INTO store SELECT n + 1, ${storeCode("n")} FROM range(${stores}) AS r(n);
  INSERT INTO product SELECT n + 1, ${sku("n")} FROM range(${products}) AS r(n);
  INSERT INTO calendar SELECT DATE '${firstDay}' + n::INTEGER FROM range(${days}) AS r(n);
`;

const duckTable = `
  CREATE SEQUENCE sales_daily_id;
  CREATE TABLE sales_daily (
    id BIGINT DEFAULT nextval('sales_daily_id'),
    date DATE NOT NULL REFERENCES calendar (date),
    store_id INTEGER NOT NULL REFERENCES store (id),
    product_id INTEGER NOT NULL REFERENCES product (id),
    quantity INTEGER NOT NULL CHECK (quantity >= 0),
    unit_price DECIMAL(10, 2) NOT NULL CHECK (unit_price >= 0),
    total_amount DECIMAL(12, 2) NOT NULL CHECK (total_amount >= 0),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (id, date, store_id),
    UNIQUE (date, store_id, product_id)
  );
`;
