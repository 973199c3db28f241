import { type Client, withTransaction } from "../../database/connection.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";
import { defaultLockRetry, withLockRetry } from "../../database/lock-retry.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { copyRows, fetchTable } from "../../duckdb/transfer.ts";
import { contractOf } from "../../schema/contracts.ts";
import type { CreatedRows } from "../counts.ts";
import { tables } from "../engine-tables.ts";
import { nextLoadId, recordRun } from "../ledger/record-run.ts";
import type { AcceptedRows } from "./accepted-rows.ts";
import { type PublishOptions, step } from "./publish-options.ts";

/**
 * Adds the dimension rows that accepted rows refer to and the warehouse lacks, in short transactions of their own that hold up
 * no reader. They are committed before months are built, because keys can only be validated against them then; and they stay if
 * the load fails later. The name of a store or product is its natural key; a day has its parts and is no holiday.
 *
 * Rows that somebody else has added meanwhile are used as they are. Each dimension gets a row in the ledger, without files.
 *
 * @returns how many this load added
 */
export async function addDimensionRows(
  client: Client,
  rows: AcceptedRows,
  options: PublishOptions,
): Promise<CreatedRows> {
  const created = { store: 0, product: 0, calendar: 0 };
  const missing = dimensions.filter(({ table }) => options.missing[table] > 0);
  if (missing.length === 0) return created;
  await step(options, "create dimension rows");
  for (const dimension of missing) {
    const { table } = dimension;
    // One transaction each: a month that is being built locks one dimension after the other, in another order.
    const add = async () => {
      created[table] = await addRowsOf(client, rows.engine, dimension);
      if (created[table] > 0) await recordRows(client, table, created[table], options);
      if (created[table] < options.missing[table]) await adoptRows(client, rows, dimension);
    };
    const retry = { ...defaultLockRetry, signal: rows.engine.signal };
    await withLockRetry(client, retry, () => withTransaction(client, add));
  }
  return created;
}

interface Dimension {
  readonly table: keyof CreatedRows;
  /** The column of the natural key. */
  readonly key: string;
  readonly columns: readonly string[];
  /** The rows in DuckDB, in the order of their keys: in which two loads wait for each other, and do not deadlock. */
  readonly query: string;
}

const parts = Object.entries(contractOf("calendar").derived).map(([column, sql]) => ({
  column,
  sql: `CAST(${sql} AS INTEGER)`,
}));

const dimensions: readonly Dimension[] = [
  {
    table: "store",
    key: "code",
    columns: ["id", "code", "name"],
    query: `SELECT id, key, key FROM ${tables.createdRow("store")} ORDER BY key`,
  },
  {
    table: "product",
    key: "sku",
    columns: ["id", "sku", "name"],
    query: `SELECT id, key, key FROM ${tables.createdRow("product")} ORDER BY key`,
  },
  {
    table: "calendar",
    key: "date",
    columns: ["date", ...parts.map(({ column }) => column)],
    query: `
      SELECT date, ${parts.map(({ sql }) => sql).join(", ")}
      FROM (SELECT key AS date FROM ${tables.createdRow("calendar")})
      ORDER BY date
    `,
  },
];

/** Copies the rows into the temporary table `missing_row`, and adds those whose key is not there. @returns how many it added */
async function addRowsOf(
  client: Client,
  engine: Engine,
  { table, key, columns, query }: Dimension,
): Promise<number> {
  const list = columns.map(quoteIdentifier).join(", ");
  await client.query(`
    CREATE TEMPORARY TABLE missing_row ON COMMIT DROP AS
    SELECT ${list} FROM ${quoteIdentifier(table)} WITH NO DATA
  `);
  await copyRows(engine, client, "missing_row", { name: `created-${table}`, columns, query });
  const { rowCount } = await client.query(`
    INSERT INTO ${quoteIdentifier(table)} (${list})
    SELECT ${list} FROM missing_row ORDER BY ${quoteIdentifier(key)}
    ON CONFLICT (${quoteIdentifier(key)}) DO NOTHING
  `);
  return rowCount ?? 0;
}

/** Makes accepted rows refer to the rows that others have added, instead of those that this load would have added. */
async function adoptRows(
  client: Client,
  { engine, contract }: AcceptedRows,
  { table, key }: Dimension,
): Promise<void> {
  const reference = contract.references.find(({ dimension }) => dimension === table);
  // The key of a day is the day.
  if (reference === undefined || table === "calendar") return;
  const column = quoteIdentifier(key);
  const adopted = tables.adoptedKey(table);
  await fetchTable(engine, client, adopted, {
    query: `
      SELECT missing.id, known.id
      FROM missing_row AS missing
      JOIN ${quoteIdentifier(table)} AS known ON known.${column} = missing.${column}
      WHERE known.id <> missing.id
    `,
    columns: [
      { name: "reserved", type: "INTEGER" },
      { name: "id", type: "INTEGER" },
    ],
  });
  const adopt = (relation: string, name: string) =>
    engine.run(`
      UPDATE ${relation} SET ${quoteIdentifier(name)} = adopted.id
      FROM ${adopted} AS adopted
      WHERE ${relation}.${quoteIdentifier(name)} = adopted.reserved
    `);
  // The accepted rows are a table, or a view that looks their keys up.
  const isTable = await engine.count(
    `SELECT count(*) FROM duckdb_tables() WHERE table_name = '${tables.acceptedRow}'`,
  );
  if (isTable > 0) await adopt(tables.acceptedRow, reference.column);
  else await adopt(tables.surrogateKey(table), "id");
  await engine.run(`DROP TABLE ${adopted}`);
}

/** Writes the dimension's row of the ledger: what was added, for a load of other files. */
async function recordRows(
  client: Client,
  table: Dimension["table"],
  rows: number,
  { entry }: PublishOptions,
): Promise<void> {
  const changes = { inserted: rows, updated: 0, unchanged: 0 };
  const counts = { source_rows: rows, filtered: 0, read: rows, duplicates: 0, rejected: 0, ...changes };
  const created = { store: 0, product: 0, calendar: 0 };
  await recordRun(client, await nextLoadId(client), { ...entry, table, files: [] }, { ...counts, created }, [
    { month: null, method: "merge", ...changes },
  ]);
}
