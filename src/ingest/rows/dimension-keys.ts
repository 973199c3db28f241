import type { Client } from "../../database/connection.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { fetchTable } from "../../duckdb/transfer.ts";
import { contractOf, type Reference } from "../../schema/contracts.ts";
import { castOf, tables, textOf } from "../engine-tables.ts";
import type { LoadPlan } from "../load-plan.ts";
import { targetsOf } from "../target-columns.ts";
import { isSurrogateKey, ruleOf } from "./column-rules.ts";

/**
 * Keys of the dimensions that the table refers to, in the engine, and for prices the validity windows that are stored. Small
 * tables are fetched whole, before rows are read. Of a large one, only what the rows refer to is fetched, once that is known:
 * it takes reading the rows twice, which pays if they are few.
 */
export class DimensionKeys {
  readonly #engine: Engine;
  readonly #client: Client;
  readonly #plan: LoadPlan;
  #awaited: Reference[];
  #windowsAwaited: boolean;

  private constructor(
    engine: Engine,
    client: Client,
    plan: LoadPlan,
    { awaited, windowsAwaited }: { awaited: Reference[]; windowsAwaited: boolean },
  ) {
    this.#engine = engine;
    this.#client = client;
    this.#plan = plan;
    this.#awaited = awaited;
    this.#windowsAwaited = windowsAwaited;
  }

  /**
   * Fetches the small tables.
   *
   * @param records how many records the files have
   * @param options.wholeDimensions fetch stores and products whole, however large: keys that are missing are compared with all
   */
  static async fetch(
    engine: Engine,
    client: Client,
    plan: LoadPlan,
    records: number,
    { wholeDimensions = false }: { readonly wholeDimensions?: boolean } = {},
  ): Promise<DimensionKeys> {
    const references = [...new Map(plan.contract.references.map((each) => [each.dimension, each])).values()];
    const hasWindows = plan.contract.name === "price_history";
    const names = [
      ...references.map(({ dimension }) => dimension),
      ...(hasWindows ? [plan.contract.name] : []),
    ];
    const large = await largeTables(client, names, records);
    // An aggregate may make a key that no row has.
    const aggregated = plan.columns.some(({ reference, aggregate }) => reference && aggregate !== undefined);
    const mayWait = (dimension: Reference["dimension"]) => dimension === "calendar" || !wholeDimensions;
    const awaited = references.filter(
      ({ dimension }) => large.has(dimension) && mayWait(dimension) && !aggregated,
    );
    const keys = new DimensionKeys(engine, client, plan, {
      awaited,
      windowsAwaited: hasWindows && large.has(plan.contract.name),
    });
    for (const reference of references) if (!awaited.includes(reference)) await keys.#fetchAll(reference);
    if (hasWindows && !keys.#windowsAwaited) await keys.#fetchWindows();
    return keys;
  }

  /** Whether keys are missing until {@link fetchReferenced}. */
  get incomplete(): boolean {
    return this.#awaited.length > 0;
  }

  /** Fetches the keys that `referenced_key` has, of dimensions that were not fetched before. */
  async fetchReferenced(): Promise<void> {
    for (const reference of this.#awaited) {
      const { dimension, key, id } = reference;
      const inputs = this.#plan.columns.filter((column) => column.reference?.dimension === dimension);
      const referenced = inputs.map(({ input }) => referencedKeys(input, reference)).join(" UNION ");
      const keys = await this.#engine.rows<{ key: string }>(
        `SELECT CAST(key AS VARCHAR) AS key FROM (${referenced}) LIMIT ${maxAsked + 1}`,
      );
      if (keys.length > maxAsked) {
        await this.#fetchAll(reference);
        await this.#engine.run(`
          DELETE FROM ${tables.dimension(dimension)} WHERE key NOT IN (SELECT key FROM (${referenced}))
        `);
        continue;
      }
      const [keySql, idSql] = [quoteIdentifier(key), quoteIdentifier(id)];
      const array = dimension === "calendar" ? "date[]" : "text[]";
      const { rows } = await this.#client.query<{ key: string; id: string }>(
        `SELECT ${keySql}::text AS key, ${idSql}::text AS id FROM ${dimension} WHERE ${keySql} = ANY ($1::${array})`,
        [keys.map((row) => row.key)],
      );
      const { key: keyType, id: idType } = typesOf[dimension];
      await this.#engine.run(`CREATE TABLE ${tables.dimension(dimension)} (key ${keyType}, id ${idType})`);
      const appender = await this.#engine.appender(tables.dimension(dimension));
      for (const row of rows) appender.append(row.key, row.id);
      appender.close();
    }
    this.#awaited = [];
  }

  /**
   * Fetches the stored windows of products, unless they were fetched before.
   *
   * @param products SQL of their ids, in a column `product_id`
   */
  async fetchWindowsOf(products: string): Promise<void> {
    if (!this.#windowsAwaited) return;
    this.#windowsAwaited = false;
    const found = await this.#engine.rows<{ product_id: number }>(
      `SELECT DISTINCT product_id FROM (${products}) WHERE product_id IS NOT NULL LIMIT ${maxAsked + 1}`,
    );
    const ids = found.map(({ product_id }) => product_id).filter(Number.isInteger);
    await this.#fetchWindows(found.length > maxAsked ? undefined : ids);
  }

  async #fetchAll({ dimension, key, id }: Reference): Promise<void> {
    await fetchTable(this.#engine, this.#client, tables.dimension(dimension), {
      query: `SELECT ${quoteIdentifier(key)} AS key, ${quoteIdentifier(id)} AS id FROM ${dimension}`,
      columns: [
        { name: "key", type: typesOf[dimension].key },
        { name: "id", type: typesOf[dimension].id },
      ],
    });
  }

  async #fetchWindows(products?: readonly number[]): Promise<void> {
    const wanted =
      products === undefined ? "" : `WHERE product_id = ANY ('{${products.join(",")}}'::integer[])`;
    await fetchTable(this.#engine, this.#client, tables.storedPriceWindow, {
      query: `SELECT product_id, store_id, valid_from, valid_to FROM price_history ${wanted}`,
      columns: [
        { name: "product_id", type: "INTEGER" },
        { name: "store_id", type: "INTEGER" },
        { name: "valid_from", type: "DATE" },
        { name: "valid_to", type: "DATE" },
      ],
    });
  }
}

/** So many keys are asked for by name; if rows refer to more of them, the whole table is fetched. */
const maxAsked = 10_000;

/**
 * Which of these tables are so large that fetching all of them takes longer than reading the rows twice. A key costs 5 to
 * 20 microseconds, more in a larger table; a row, half a microsecond.
 */
async function largeTables(
  client: Client,
  names: readonly string[],
  records: number,
): Promise<ReadonlySet<string>> {
  const [many, very] = [20_000, 1_000_000];
  if (names.length === 0) return new Set();
  const sizes = names.map(
    (name) => `(SELECT count(*) FROM (SELECT 1 FROM ${name} LIMIT ${very + 1}) AS counted) AS ${name}`,
  );
  const { rows } = await client.query<Record<string, string>>(`SELECT ${sizes.join(", ")}`);
  return new Set(
    names.filter((name) => {
      const size = Number(rows[0]?.[name]);
      return size > very || (size > many && records <= 2 * size);
    }),
  );
}

/** SQL of the distinct keys in `referenced_key` of a column, as far as the dimension could hold them. */
export function referencedKeys(input: string, { dimension, key }: Reference): string {
  const target = targetsOf(contractOf(dimension)).find((column) => column.input === key);
  if (target === undefined) throw new Error(`${dimension} has no column ${key}`);
  const rule = ruleOf({ ...target, expression: "", mapped: false });
  const cast = rule.cast === undefined ? "NULL" : rule.cast("text");
  return `
    SELECT DISTINCT key
    FROM (
      SELECT ${rule.value("text", castOf("text"))} AS key
      FROM (
        SELECT text, ${cast} AS ${castOf("text")}
        FROM (SELECT DISTINCT unnest(${quoteIdentifier(input)}) AS text FROM ${tables.referencedKey})
      )
    )
    WHERE key IS NOT NULL`;
}

/** SQL of a row of `referenced_key`: the distinct keys of mapped rows; undefined if the table refers to no dimension. */
export function referencedKeySummary(plan: LoadPlan, mapped: string): string | undefined {
  const inputs = plan.columns.filter(({ reference }) => reference !== undefined).map(({ input }) => input);
  if (inputs.length === 0) return undefined;
  const lists = inputs.map((input) => `list(DISTINCT ${textOf(input)}) AS ${quoteIdentifier(input)}`);
  return `SELECT ${lists.join(", ")}, count(*) AS _records FROM (${mapped}) AS mapped`;
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
