import type { Client } from "../../database/connection.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { fetchTable } from "../../duckdb/transfer.ts";
import { contractOf, type Reference } from "../../schema/contracts.ts";
import type { Created } from "../counts.ts";
import type { LoadPlan } from "../load-plan.ts";
import { targetsOf } from "../target-columns.ts";
import { castOf, ruleOf, textOf } from "./column-rules.ts";

type Dimension = Reference["dimension"];
const dimensions = ["store", "product", "calendar"] as const satisfies readonly Dimension[];

/** The tables `new_store`, `new_product` and `new_calendar`: keys that were added to the dimensions, with their ids. */
export async function createNewKeys(engine: Engine): Promise<void> {
  await engine.run(`
    CREATE TABLE new_store (key VARCHAR, id INTEGER);
    CREATE TABLE new_product (key VARCHAR, id INTEGER);
    CREATE TABLE new_calendar (key DATE, id DATE)
  `);
}

/**
 * Adds the keys that rows speak of and a dimension lacks, as far as the dimension can hold them, to the engine's copy of it.
 *
 * @param mapped SQL of mapped rows, a statement each
 * @param client numbers come from the warehouse; undefined: negative ones, for a load that writes nothing
 * @returns how many were added
 */
export async function admitMissingKeys(
  engine: Engine,
  plan: LoadPlan,
  mapped: readonly string[],
  client: Client | undefined,
): Promise<number> {
  const references = plan.columns.flatMap(({ input, reference }) =>
    reference ? [{ input, reference }] : [],
  );
  if (references.length === 0) return 0;
  const lists = references.map(({ input }) => `list(DISTINCT ${textOf(input)}) AS ${quoteIdentifier(input)}`);
  await engine.run(`
    CREATE TABLE spoken AS
    ${mapped.map((sql) => `(SELECT ${lists.join(", ")} FROM (${sql}) AS mapped)`).join(" UNION ALL ")}
  `);
  let added = 0;
  for (const { input, reference } of references) {
    added += await admit(engine, quoteIdentifier(input), reference, client);
  }
  await engine.run("DROP TABLE spoken");
  return added;
}

async function admit(
  engine: Engine,
  input: string,
  { dimension, key }: Reference,
  client: Client | undefined,
): Promise<number> {
  const target = targetsOf(contractOf(dimension)).find((column) => column.input === key);
  if (target === undefined) throw new Error(`${dimension} has no column ${key}`);
  const rule = ruleOf({ ...target, expression: "", mapped: false });
  const cast = rule.cast === undefined ? "NULL" : rule.cast("text");
  await engine.run(`
    CREATE TABLE admitted AS
    SELECT row_number() OVER (ORDER BY key) AS number, key
    FROM (
      SELECT DISTINCT ${rule.value("text", castOf("text"))} AS key
      FROM (
        SELECT text, ${cast} AS ${castOf("text")} FROM (SELECT DISTINCT unnest(${input}) AS text FROM spoken)
      )
    ) AS formed
    ANTI JOIN dimension_${dimension} AS known ON known.key = formed.key
    WHERE formed.key IS NOT NULL
  `);
  const count = await engine.count("SELECT count(*) FROM admitted");
  if (count > 0) {
    await engine.run(`INSERT INTO new_${dimension} ${await numberedKeys(engine, dimension, count, client)}`);
    await engine.run(`
      INSERT INTO dimension_${dimension} FROM new_${dimension} SEMI JOIN admitted ON admitted.key = new_${dimension}.key
    `);
  }
  await engine.run("DROP TABLE admitted; DROP TABLE IF EXISTS reserved");
  return count;
}

/** SQL of the keys admitted and the ids they get. */
async function numberedKeys(
  engine: Engine,
  dimension: Dimension,
  count: number,
  client: Client | undefined,
): Promise<string> {
  if (dimension === "calendar") return "SELECT key, key FROM admitted";
  if (client === undefined) return "SELECT key, -number FROM admitted";
  await fetchTable(engine, client, "reserved", {
    query: `SELECT nextval(pg_get_serial_sequence('${dimension}', 'id')) AS id FROM generate_series(1, ${count})`,
    columns: [{ name: "id", type: "INTEGER" }],
  });
  return `
    SELECT key, id
    FROM admitted JOIN (SELECT id, row_number() OVER (ORDER BY id) AS number FROM reserved) USING (number)`;
}

/**
 * Makes `stub_store`, `stub_product` (key, id) and `stub_calendar` (key): what rows of `accepted` refer to and the warehouse
 * lacks.
 */
export async function createStubs(engine: Engine, plan: LoadPlan): Promise<Created> {
  const counts = { store: 0, product: 0, calendar: 0 };
  for (const dimension of dimensions) {
    const column = plan.columns.find(({ reference }) => reference?.dimension === dimension)?.column;
    const columns = dimension === "calendar" ? "key" : "key, id";
    const added = await engine.count(`SELECT count(*) FROM new_${dimension}`);
    const used =
      column === undefined || added === 0
        ? "WHERE false"
        : `SEMI JOIN accepted ON accepted.${quoteIdentifier(column)} = new_key.id`;
    await engine.run(`
      CREATE TABLE stub_${dimension} AS SELECT ${columns} FROM new_${dimension} AS new_key ${used}
    `);
    counts[dimension] = await engine.count(`SELECT count(*) FROM stub_${dimension}`);
  }
  return counts;
}
