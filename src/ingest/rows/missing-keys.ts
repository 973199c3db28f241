import type { Client } from "../../database/connection.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { fetchTable } from "../../duckdb/transfer.ts";
import type { Reference } from "../../schema/contracts.ts";
import type { CreatedRows } from "../counts.ts";
import { tables } from "../engine-tables.ts";
import type { LoadPlan } from "../load-plan.ts";
import { referencedKeys } from "./dimension-keys.ts";
import { unlikeKeys } from "./near-keys.ts";

type Dimension = Reference["dimension"];
const dimensions = ["store", "product", "calendar"] as const satisfies readonly Dimension[];

/** Makes the empty tables of keys that a load adds to the dimensions. */
export async function createAddedKeys(engine: Engine): Promise<void> {
  await engine.run(`
    CREATE TABLE ${tables.addedKey("store")} (key VARCHAR, id INTEGER);
    CREATE TABLE ${tables.addedKey("product")} (key VARCHAR, id INTEGER);
    CREATE TABLE ${tables.addedKey("calendar")} (key DATE, id DATE)
  `);
}

/**
 * Adds the keys that `referenced_key` has and a dimension lacks, if the dimension can hold them and has none that a person
 * would take for the same, to the engine's copy of it.
 *
 * @param client gives ids from the warehouse's sequences; undefined: ids are negative, for a load that writes nothing
 * @returns how many were added
 */
export async function addMissingKeys(
  engine: Engine,
  plan: LoadPlan,
  client: Client | undefined,
): Promise<number> {
  let added = 0;
  for (const { input, reference } of plan.columns) {
    if (reference !== undefined) added += await addKeysOf(engine, input, reference, client);
  }
  return added;
}

async function addKeysOf(
  engine: Engine,
  input: string,
  reference: Reference,
  client: Client | undefined,
): Promise<number> {
  const { dimension } = reference;
  const lacked = `(
    SELECT valid.key
    FROM (${referencedKeys(input, reference)}) AS valid
    ANTI JOIN ${tables.dimension(dimension)} AS known ON known.key = valid.key
  )`;
  const added = dimension === "calendar" ? lacked : `(${unlikeKeys(lacked, tables.dimension(dimension))})`;
  await engine.run(`
    CREATE TABLE ${tables.missingKey} AS
    SELECT row_number() OVER (ORDER BY key) AS number, key FROM ${added} AS added
  `);
  const count = await engine.count(`SELECT count(*) FROM ${tables.missingKey}`);
  if (count > 0) {
    await engine.run(`
      INSERT INTO ${tables.addedKey(dimension)} ${await keysWithIds(engine, dimension, count, client)}
    `);
    await engine.run(`
      INSERT INTO ${tables.dimension(dimension)}
      FROM ${tables.addedKey(dimension)} AS added
      SEMI JOIN ${tables.missingKey} AS missing ON missing.key = added.key
    `);
  }
  await engine.run(`DROP TABLE ${tables.missingKey}; DROP TABLE IF EXISTS ${tables.reservedId}`);
  return count;
}

/** SQL of the missing keys and the ids that they get. */
async function keysWithIds(
  engine: Engine,
  dimension: Dimension,
  count: number,
  client: Client | undefined,
): Promise<string> {
  if (dimension === "calendar") return `SELECT key, key FROM ${tables.missingKey}`;
  if (client === undefined) return `SELECT key, -number FROM ${tables.missingKey}`;
  await fetchTable(engine, client, tables.reservedId, {
    query: `SELECT nextval(pg_get_serial_sequence('${dimension}', 'id')) AS id FROM generate_series(1, ${count})`,
    columns: [{ name: "id", type: "INTEGER" }],
  });
  return `
    SELECT key, id
    FROM ${tables.missingKey}
    JOIN (SELECT id, row_number() OVER (ORDER BY id) AS number FROM ${tables.reservedId}) USING (number)`;
}

/** Makes the tables of dimension rows that the load creates: added keys that accepted rows refer to. @returns their counts */
export async function createDimensionRows(engine: Engine, plan: LoadPlan): Promise<CreatedRows> {
  const counts = { store: 0, product: 0, calendar: 0 };
  for (const dimension of dimensions) {
    const column = plan.columns.find(({ reference }) => reference?.dimension === dimension)?.column;
    const columns = dimension === "calendar" ? "key" : "key, id";
    const added = await engine.count(`SELECT count(*) FROM ${tables.addedKey(dimension)}`);
    const referenced =
      column === undefined || added === 0
        ? "WHERE false"
        : `SEMI JOIN ${tables.acceptedRow} AS accepted ON accepted.${quoteIdentifier(column)} = added.id`;
    await engine.run(`
      CREATE TABLE ${tables.createdRow(dimension)} AS
      SELECT ${columns} FROM ${tables.addedKey(dimension)} AS added ${referenced}
    `);
    counts[dimension] = await engine.count(`SELECT count(*) FROM ${tables.createdRow(dimension)}`);
  }
  return counts;
}
