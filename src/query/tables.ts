import { type Client, type Database, withAbortableClient, withTransaction } from "../database/connection.ts";
import { quoteIdentifier } from "../database/identifiers.ts";
import { fail } from "../errors.ts";
import { tableNames } from "../schema/tables.ts";
import * as kinds from "../system/arguments.ts";

/** A table of the warehouse and what it holds. */
export interface WarehouseTable {
  readonly table: string;
  readonly rows: number;
  /** Whether `rows` is estimated from the server's statistics; small tables are always counted. */
  readonly is_estimate: boolean;
  /** On disk, with indexes and all partitions. */
  readonly bytes: number;
  /** The days of its rows; of price_history and promotion, the first and the last day that a window begins. Null without rows. */
  readonly first_day: string | null;
  readonly last_day: string | null;
  /** The newest load into it; null if there is none in the ledger. */
  readonly last_load: { readonly id: number; readonly finished_at: string } | null;
}

export interface ListTablesOptions {
  /** Count the rows of large tables too; default false. */
  readonly exact?: boolean | undefined;
  /** Ends the query when it is aborted; default: none. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The tables of the warehouse, the ledger last: how many rows, how large, from which day to which, and when they were loaded.
 *
 * @throws SCHEMA_MISSING and errors of the connection; the signal's reason when it is aborted
 *
 * @example
 * import { databaseOf, listTables } from "forecastlab";
 *
 * const warehouse = databaseOf("postgresql://postgres@localhost/warehouse");
 * for (const { table, rows, is_estimate, last_day } of await listTables(warehouse)) {
 *   console.log(table, is_estimate ? `about ${rows}` : rows, last_day);
 * }
 */
export async function listTables(
  database: Database,
  options: ListTablesOptions = {},
): Promise<WarehouseTable[]> {
  kinds.requireArguments(
    "listTables",
    { database, options },
    { database: kinds.database, options: kinds.object },
  );
  kinds.requireArguments("listTables", options, { "exact?": kinds.flag, "signal?": kinds.signal });
  const { exact = false, signal } = options;
  return withAbortableClient(
    database,
    (client) =>
      withTransaction(client, async () => {
        await client.query("SET TRANSACTION READ ONLY");
        const listed: WarehouseTable[] = [];
        for (const found of await sizesOf(client)) listed.push(await described(client, found, exact));
        return listed;
      }),
    signal,
  );
}

/** Tables up to this size are counted in any case, which takes a moment. */
const smallBytes = 8 * 1024 * 1024;

const names = [...tableNames, "load_run"];

/** The day of a row, where rows have one. */
const dayColumns: Readonly<Record<string, string>> = {
  calendar: "date",
  sales_daily: "date",
  inventory_snapshot_daily: "date",
  sales_txn: "date",
  weather_daily: "date",
  traffic_daily: "date",
  price_history: "valid_from",
  promotion: "start_date",
};

interface Sized {
  readonly table: string;
  readonly bytes: string;
  readonly heap_bytes: string;
  readonly estimate: number;
  readonly last_load: { readonly id: number; readonly finished_at: string } | null;
}

/** $1 the names of the tables. Rows are estimated as the planner does: by their density when analyzed, and the size now. */
const sizes = `
  SELECT
    name AS table,
    to_regclass(quote_ident(name)) IS NOT NULL AS present,
    sum(pg_total_relation_size(part.oid)) AS bytes,
    sum(pg_relation_size(part.oid)) AS heap_bytes,
    sum(
      pg_relation_size(part.oid)::float8 / current_setting('block_size')::int
        * CASE WHEN part.reltuples >= 0 AND part.relpages > 0 THEN part.reltuples / part.relpages ELSE 100 END
    ) AS estimate,
    (
      SELECT jsonb_build_object(
        'id', id, 'finished_at', to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
      )
      FROM load_run
      WHERE table_name = name
      ORDER BY id DESC
      LIMIT 1
    ) AS last_load
  FROM unnest($1::text[]) WITH ORDINALITY AS wanted (name, place)
  LEFT JOIN LATERAL (
    SELECT c.oid, c.reltuples, c.relpages
    FROM pg_class AS c
    WHERE c.relkind = 'r'
      AND (
        c.oid = to_regclass(quote_ident(name))
        OR c.oid IN (SELECT relid FROM pg_partition_tree(to_regclass(quote_ident(name))))
      )
  ) AS part ON true
  GROUP BY name, place
  ORDER BY place
`;

async function sizesOf(client: Client): Promise<Sized[]> {
  const { rows } = await client.query<Sized & { present: boolean }>(sizes, [names]);
  const missing = rows.filter(({ present }) => !present).map(({ table }) => table);
  if (missing.length > 0) throw fail("SCHEMA_MISSING", { reason: `there is no table ${missing.join(", ")}` });
  return rows;
}

async function described(
  client: Client,
  { table, bytes, heap_bytes, estimate, last_load }: Sized,
  exact: boolean,
): Promise<WarehouseTable> {
  const counted = exact || Number(heap_bytes) <= smallBytes;
  const day = dayColumns[table];
  const count = counted ? "count(*)" : "NULL::bigint";
  const days = day === undefined ? "NULL::date, NULL::date" : `min(${day}), max(${day})`;
  const { rows } = await client.query({
    text: `SELECT ${count}, ${days} FROM ${quoteIdentifier(table)}`,
    rowMode: "array",
  });
  const [counts, first, last] = (rows[0] ?? []) as unknown as (string | null)[];
  return {
    table,
    rows: counted ? Number(counts) : Math.round(estimate),
    is_estimate: !counted,
    bytes: Number(bytes),
    first_day: first ?? null,
    last_day: last ?? null,
    last_load,
  };
}
