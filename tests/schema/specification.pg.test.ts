import { describe, expect, test } from "vitest";
import { withClient } from "../../src/database/connection.ts";
import { freshDatabase, rowsOf, serverVersions } from "../support/warehouse.ts";
import { specification } from "./support/specification.ts";

interface Named {
  table_name: string;
  name: string;
  text: string;
}

describe.for(serverVersions())(
  "the live catalog on PostgreSQL %s is that of the specification",
  async (server) => {
    const database = await freshDatabase({ server });
    const read = (sql: string) => withClient(database, (client) => rowsOf<Named>(client, sql));
    const [columns, constraints, indexes, partitioning, triggers] = await Promise.all([
      read(columnsSql),
      read(constraintsSql),
      read(indexesSql),
      read(partitioningSql),
      read(triggersSql),
    ]);
    const of = (rows: Named[], table: string) =>
      Object.fromEntries(rows.filter((row) => row.table_name === table).map((row) => [row.name, row.text]));
    const kind = (table: string, prefix: string) =>
      Object.fromEntries(Object.entries(of(constraints, table)).filter(([name]) => name.startsWith(prefix)));

    describe.for(Object.entries(specification))("table %s", ([table, specified]) => {
      test("columns: name, type, nullability and default", () => {
        expect(of(columns, table)).toEqual(specified.columns);
      });

      test("primary key", () => {
        const keys = Object.entries(kind(table, "pk_")).map(([name, text]) => `${name} ${text}`);
        expect(keys).toEqual([specified.primaryKey]);
      });

      test("unique constraints", () => {
        expect(kind(table, "uq_")).toEqual(specified.unique ?? {});
      });

      test("indexes, and no others", () => {
        expect(of(indexes, table)).toEqual(specified.indexes);
      });

      test("foreign keys", () => {
        expect(kind(table, "fk_")).toEqual(specified.foreignKeys ?? {});
      });

      test("checks", () => {
        expect(kind(table, "ck_")).toEqual(specified.checks);
      });

      test("updated_at is set by a trigger", () => {
        expect(of(triggers, table)).toEqual({
          [`tr_${table}_updated_at`]: `CREATE TRIGGER tr_${table}_updated_at BEFORE UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION set_updated_at()`,
        });
      });
    });

    test("the name of every constraint and index follows the convention", () => {
      const names = [...constraints, ...indexes].map(({ name }) => name);
      expect(names.filter((name) => !/^(pk|uq|ix|fk|ck|ex)_/.test(name))).toEqual([]);
    });

    test("the facts that grow are partitioned by month, with a default partition", () => {
      expect(partitioning.map(({ table_name, name, text }) => [table_name, text, name])).toEqual([
        ["inventory_snapshot_daily", "RANGE (date)", "inventory_snapshot_daily_default"],
        ["sales_daily", "RANGE (date)", "sales_daily_default"],
        ["sales_txn", "RANGE (date)", "sales_txn_default"],
      ]);
    });

    test("the price windows of one product and store may not overlap", () => {
      expect(kind("price_history", "ex_")).toEqual({
        ex_price_history_no_overlap:
          "EXCLUDE USING gist (product_id WITH =, COALESCE(store_id, 0) WITH =, daterange(valid_from, valid_to, '[]'::text) WITH &&) DEFERRABLE",
      });
    });

    test("the optional tables exist, with a unique constraint on their grain", () => {
      expect(kind("sales_txn", "uq_")).toEqual({ uq_sales_txn_grain: "(date, store_id, txn_id, line_no)" });
      expect(kind("weather_daily", "uq_")).toEqual({ uq_weather_daily_grain: "(date, store_id)" });
      expect(kind("traffic_daily", "uq_")).toEqual({ uq_traffic_daily_grain: "(date, store_id)" });
    });
  },
);

/* These queries are independent of the migrator's catalog, so that an error in that catalog cannot hide one in the schema. */

const warehouseTables = `
  SELECT c.oid, c.relname
  FROM pg_class AS c
  WHERE c.relnamespace = 'public'::regnamespace
    AND c.relkind IN ('r', 'p')
    AND NOT c.relispartition
    AND c.relname <> 'schema_revision'
`;

const columnsSql = `
  SELECT
    t.relname AS table_name,
    a.attname AS name,
    concat_ws(' ',
      format_type(a.atttypid, a.atttypmod),
      CASE WHEN a.attnotnull THEN 'not null' END,
      CASE a.attidentity WHEN 'd' THEN 'identity' END,
      CASE
        WHEN a.attgenerated = 's' THEN 'generated ' || pg_get_expr(d.adbin, d.adrelid)
        WHEN d.oid IS NOT NULL THEN 'default ' || pg_get_expr(d.adbin, d.adrelid)
      END
    ) AS text
  FROM (${warehouseTables}) AS t
  JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  ORDER BY t.relname, a.attnum
`;

const constraintsSql = `
  SELECT
    t.relname AS table_name,
    c.conname AS name,
    CASE c.contype
      WHEN 'c' THEN replace(pg_get_expr(c.conbin, c.conrelid, true), '::numeric', '')
      WHEN 'f' THEN regexp_replace(pg_get_constraintdef(c.oid), 'FOREIGN KEY (\\(.*\\)) REFERENCES (\\w+)(\\(.*\\))', '\\1 -> \\2 \\3')
      WHEN 'x' THEN pg_get_constraintdef(c.oid)
      ELSE regexp_replace(pg_get_constraintdef(c.oid), '^(PRIMARY KEY|UNIQUE) ', '')
    END AS text
  FROM (${warehouseTables}) AS t
  JOIN pg_constraint AS c ON c.conrelid = t.oid AND c.contype IN ('p', 'u', 'f', 'c', 'x')
  ORDER BY t.relname, c.conname
`;

const indexesSql = `
  SELECT
    t.relname AS table_name,
    i.relname AS name,
    concat_ws(' ',
      CASE WHEN x.indisunique THEN 'unique' END,
      regexp_replace(pg_get_indexdef(i.oid), '.* USING btree ', '')
    ) AS text
  FROM (${warehouseTables}) AS t
  JOIN pg_index AS x ON x.indrelid = t.oid AND x.indisvalid
  JOIN pg_class AS i ON i.oid = x.indexrelid
  WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.oid AND conrelid = t.oid)
  ORDER BY t.relname, i.relname
`;

const partitioningSql = `
  SELECT t.relname AS table_name, p.partdefid::regclass::text AS name, pg_get_partkeydef(t.oid) AS text
  FROM (${warehouseTables}) AS t
  JOIN pg_partitioned_table AS p ON p.partrelid = t.oid
  ORDER BY t.relname
`;

const triggersSql = `
  SELECT t.relname AS table_name, g.tgname AS name, replace(pg_get_triggerdef(g.oid), 'public.', '') AS text
  FROM (${warehouseTables}) AS t
  JOIN pg_trigger AS g ON g.tgrelid = t.oid AND NOT g.tgisinternal
  WHERE g.tgenabled = 'O'
  ORDER BY t.relname, g.tgname
`;
