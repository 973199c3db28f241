/** A change of a live warehouse by hand, and the finding that `check` must report. */
export interface Drift {
  readonly name: string;
  readonly sql: string;
  /** The object of the finding. */
  readonly object: string;
  /** The difference. */
  readonly detail: string;
  /** The objects of all other findings. Default: none. */
  readonly also?: readonly string[];
}

const drift = (name: string, sql: string, object: string, detail: string, also: string[] = []): Drift => ({
  name,
  sql,
  object,
  detail,
  also,
});

/** Replaces a partitioned table with one of another kind, and with everything that LIKE copies. */
const replaced = (partitioning: string) => `
  CREATE TABLE copy (LIKE sales_txn INCLUDING ALL) ${partitioning};
  DROP TABLE sales_txn;
  ALTER TABLE copy RENAME TO sales_txn`;

const copyDifferences = [
  "primary key pk_sales_txn on sales_txn",
  "unique constraint uq_sales_txn_grain on sales_txn",
  "foreign key fk_sales_txn_calendar on sales_txn",
  "foreign key fk_sales_txn_store on sales_txn",
  "foreign key fk_sales_txn_product on sales_txn",
  "index ix_sales_txn_product_id on sales_txn",
  "index ix_sales_txn_store_id on sales_txn",
  "trigger tr_sales_txn_updated_at on sales_txn",
  "primary key copy_pkey on sales_txn",
  "unique constraint copy_date_store_id_txn_id_line_no_key on sales_txn",
  "index copy_product_id_idx on sales_txn",
  "index copy_store_id_idx on sales_txn",
];

const body = (statement: string) => `
  CREATE OR REPLACE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at THEN
    ${statement}
  END IF;
  RETURN NEW;
END
$$`;

export const drifts: readonly Drift[] = [
  // ---- tables
  drift("a dropped table", "DROP TABLE weather_daily", "table weather_daily", "missing"),
  drift("an added table", "CREATE TABLE scratch (id int PRIMARY KEY)", "table scratch", "not expected"),
  drift("a renamed table", "ALTER TABLE traffic_daily RENAME TO footfall", "table footfall", "not expected", [
    "table traffic_daily",
  ]),
  drift(
    "a dropped partition key",
    replaced(""),
    "table sales_txn",
    "partitioned by: expected RANGE (date), found none",
    copyDifferences,
  ),
  drift(
    "a changed partition key",
    `${replaced("PARTITION BY HASH (store_id)")}`,
    "table sales_txn",
    "partitioned by: expected RANGE (date), found HASH (store_id)",
    copyDifferences,
  ),
  drift(
    "an added partition key",
    `CREATE TABLE copy (LIKE traffic_daily INCLUDING ALL) PARTITION BY RANGE (date);
     DROP TABLE traffic_daily; ALTER TABLE copy RENAME TO traffic_daily`,
    "table traffic_daily",
    "partitioned by: expected none, found RANGE (date)",
    [
      "primary key pk_traffic_daily on traffic_daily",
      "unique constraint uq_traffic_daily_grain on traffic_daily",
      "foreign key fk_traffic_daily_calendar on traffic_daily",
      "foreign key fk_traffic_daily_store on traffic_daily",
      "index ix_traffic_daily_store_id on traffic_daily",
      "trigger tr_traffic_daily_updated_at on traffic_daily",
      "primary key copy_pkey on traffic_daily",
      "unique constraint copy_date_store_id_key on traffic_daily",
      "index copy_store_id_idx on traffic_daily",
    ],
  ),
  drift(
    "a detached default partition",
    "ALTER TABLE sales_daily DETACH PARTITION sales_daily_default; DROP TABLE sales_daily_default",
    "table sales_daily",
    "default partition: expected yes, found no",
  ),
  drift(
    "an unlogged table",
    "ALTER TABLE weather_daily SET UNLOGGED",
    "table weather_daily",
    "kind: expected none, found unlogged",
  ),
  drift(
    "row level security",
    "ALTER TABLE store ENABLE ROW LEVEL SECURITY",
    "table store",
    "row level security: expected none, found enabled",
  ),
  drift(
    "a storage parameter",
    "ALTER TABLE store SET (fillfactor = 70)",
    "table store",
    "storage parameters: expected none, found fillfactor=70",
  ),
  drift(
    "a changed replica identity",
    "ALTER TABLE store REPLICA IDENTITY FULL",
    "table store",
    "replica identity: expected none, found full",
  ),
  drift("a comment", "COMMENT ON TABLE store IS 'ours'", "table store", "comment: expected none, found ours"),
  drift(
    "a table that inherits",
    "CREATE TABLE parent (); ALTER TABLE store INHERIT parent",
    "table store",
    "inherits: expected none, found parent",
    ["table parent"],
  ),

  // ---- columns
  drift(
    "a changed type",
    "ALTER TABLE sales_daily ALTER quantity TYPE bigint",
    "column sales_daily.quantity",
    "type: expected integer, found bigint",
  ),
  drift(
    "a longer varchar",
    "ALTER TABLE store ALTER code TYPE varchar(30)",
    "column store.code",
    "type: expected character varying(20), found character varying(30)",
  ),
  drift(
    "a changed precision",
    "ALTER TABLE promotion ALTER discount_amount TYPE numeric(12, 3)",
    "column promotion.discount_amount",
    "type: expected numeric(10,2), found numeric(12,3)",
  ),
  drift(
    "a changed default",
    "ALTER TABLE calendar ALTER is_holiday SET DEFAULT true",
    "column calendar.is_holiday",
    "default: expected false, found true",
  ),
  drift(
    "a dropped default",
    "ALTER TABLE store ALTER created_at DROP DEFAULT",
    "column store.created_at",
    "default: expected now(), found none",
  ),
  drift(
    "an added default",
    "ALTER TABLE store ALTER region SET DEFAULT 'North'",
    "column store.region",
    "default: expected none, found 'North'::character varying",
  ),
  drift(
    "NULL allowed",
    "ALTER TABLE store ALTER code DROP NOT NULL",
    "column store.code",
    "nullable: expected no, found yes",
  ),
  drift(
    "NULL forbidden",
    "ALTER TABLE store ALTER city SET NOT NULL",
    "column store.city",
    "nullable: expected yes, found no",
  ),
  drift(
    "an added column",
    "ALTER TABLE store ADD size integer",
    "column store.size",
    "not expected: found integer",
  ),
  drift(
    "a dropped column",
    "ALTER TABLE store DROP city",
    "column store.city",
    "missing: expected character varying(50)",
  ),
  drift(
    "a changed kind of identity",
    "ALTER TABLE store ALTER id SET GENERATED ALWAYS",
    "column store.id",
    "identity: expected by default, found always",
  ),
  drift(
    "changed options of an identity",
    "ALTER TABLE store ALTER id SET INCREMENT 10",
    "column store.id",
    "identity: expected by default, found by default, increment 10",
  ),
  drift(
    "a dropped identity",
    "ALTER TABLE sales_daily ALTER id DROP IDENTITY",
    "column sales_daily.id",
    "identity: expected by default, found none",
  ),
  drift(
    "a column that is no longer generated",
    "ALTER TABLE inventory_snapshot_daily ALTER is_stockout DROP EXPRESSION",
    "column inventory_snapshot_daily.is_stockout",
    "generated: expected on_hand_qty = 0 stored, found none",
  ),
  drift(
    "a changed collation",
    'ALTER TABLE store ALTER name TYPE varchar(100) COLLATE "C"',
    "column store.name",
    'collation: expected none, found "C"',
  ),

  // ---- constraints
  drift(
    "a dropped check",
    "ALTER TABLE sales_daily DROP CONSTRAINT ck_sales_daily_quantity_positive",
    "check ck_sales_daily_quantity_positive on sales_daily",
    "missing: expected CHECK (quantity >= 0)",
  ),
  drift(
    "a changed condition of a check",
    `ALTER TABLE sales_daily DROP CONSTRAINT ck_sales_daily_quantity_positive;
     ALTER TABLE sales_daily ADD CONSTRAINT ck_sales_daily_quantity_positive CHECK (quantity > 0)`,
    "check ck_sales_daily_quantity_positive on sales_daily",
    "definition: expected CHECK (quantity >= 0), found CHECK (quantity > 0)",
  ),
  drift(
    "a check that is not validated",
    `ALTER TABLE product DROP CONSTRAINT ck_product_base_cost_positive;
     ALTER TABLE product ADD CONSTRAINT ck_product_base_cost_positive CHECK (base_cost IS NULL OR base_cost >= 0) NOT VALID`,
    "check ck_product_base_cost_positive on product",
    "definition: expected CHECK (base_cost IS NULL OR base_cost >= 0::numeric), found CHECK (base_cost IS NULL OR base_cost >= 0::numeric) NOT VALID",
  ),
  drift(
    "an added check",
    "ALTER TABLE store ADD CONSTRAINT ck_new CHECK (id > 0)",
    "check ck_new on store",
    "not expected: found CHECK (id > 0)",
  ),
  drift(
    "a dropped foreign key",
    "ALTER TABLE sales_daily DROP CONSTRAINT fk_sales_daily_store",
    "foreign key fk_sales_daily_store on sales_daily",
    "missing: expected FOREIGN KEY (store_id) REFERENCES store(id)",
  ),
  drift(
    "a changed action of a foreign key",
    `ALTER TABLE promotion DROP CONSTRAINT fk_promotion_store;
     ALTER TABLE promotion ADD CONSTRAINT fk_promotion_store FOREIGN KEY (store_id) REFERENCES store ON DELETE CASCADE`,
    "foreign key fk_promotion_store on promotion",
    "definition: expected FOREIGN KEY (store_id) REFERENCES store(id), found FOREIGN KEY (store_id) REFERENCES store(id) ON DELETE CASCADE",
  ),
  drift(
    "a deferrable foreign key",
    "ALTER TABLE promotion ALTER CONSTRAINT fk_promotion_store DEFERRABLE",
    "foreign key fk_promotion_store on promotion",
    "definition: expected FOREIGN KEY (store_id) REFERENCES store(id), found FOREIGN KEY (store_id) REFERENCES store(id) DEFERRABLE",
  ),
  drift(
    "a foreign key that is not enforced",
    "ALTER TABLE promotion DISABLE TRIGGER ALL",
    "foreign key fk_promotion_store on promotion",
    "triggers: expected none, found disabled",
    ["foreign key fk_promotion_product on promotion", "trigger tr_promotion_updated_at on promotion"],
  ),
  drift(
    "a dropped unique constraint",
    "ALTER TABLE weather_daily DROP CONSTRAINT uq_weather_daily_grain",
    "unique constraint uq_weather_daily_grain on weather_daily",
    "missing: expected UNIQUE (date, store_id)",
  ),
  drift(
    "a changed primary key",
    "ALTER TABLE traffic_daily DROP CONSTRAINT pk_traffic_daily; ALTER TABLE traffic_daily ADD CONSTRAINT pk_traffic_daily PRIMARY KEY (id)",
    "primary key pk_traffic_daily on traffic_daily",
    "definition: expected PRIMARY KEY (id, date, store_id), found PRIMARY KEY (id)",
  ),
  drift(
    "a renamed constraint",
    "ALTER TABLE store RENAME CONSTRAINT pk_store TO store_pkey",
    "primary key store_pkey on store",
    "not expected: found PRIMARY KEY (id)",
    ["primary key pk_store on store"],
  ),
  drift(
    "a dropped exclusion constraint",
    "ALTER TABLE price_history DROP CONSTRAINT ex_price_history_no_overlap",
    "exclusion constraint ex_price_history_no_overlap on price_history",
    "missing: expected EXCLUDE USING gist (product_id WITH =, COALESCE(store_id, 0) WITH =, daterange(valid_from, valid_to, '[]'::text) WITH &&) DEFERRABLE",
  ),
  drift("a dropped extension", "DROP EXTENSION btree_gist CASCADE", "extension btree_gist", "missing", [
    "exclusion constraint ex_price_history_no_overlap on price_history",
  ]),

  // ---- indexes
  drift(
    "a dropped index",
    "DROP INDEX ix_store_code",
    "index ix_store_code on store",
    "missing: expected CREATE UNIQUE INDEX ix_store_code ON store USING btree (code)",
  ),
  drift(
    "a dropped index of a partitioned table",
    "DROP INDEX ix_sales_daily_store_id",
    "index ix_sales_daily_store_id on sales_daily",
    "missing: expected CREATE INDEX ix_sales_daily_store_id ON sales_daily USING btree (store_id)",
  ),
  drift(
    "an added index",
    "CREATE INDEX ON store (region)",
    "index store_region_idx on store",
    "not expected: found CREATE INDEX store_region_idx ON store USING btree (region)",
  ),
  ...[
    ["an index that is no longer unique", "CREATE INDEX ix_store_code ON store (code)"],
    [
      "a changed predicate of an index",
      "CREATE UNIQUE INDEX ix_store_code ON store USING btree (code) WHERE (region IS NOT NULL)",
    ],
    [
      "a changed INCLUDE of an index",
      "CREATE UNIQUE INDEX ix_store_code ON store USING btree (code) INCLUDE (name)",
    ],
    ["a changed order of an index", "CREATE UNIQUE INDEX ix_store_code ON store USING btree (code DESC)"],
    ["changed columns of an index", "CREATE UNIQUE INDEX ix_store_code ON store USING btree (code, name)"],
    [
      "an expression in an index",
      "CREATE UNIQUE INDEX ix_store_code ON store USING btree (lower(code::text))",
    ],
    [
      "a changed operator class of an index",
      "CREATE UNIQUE INDEX ix_store_code ON store USING btree (code varchar_pattern_ops)",
    ],
  ].map(([name = "", sql = ""]) =>
    drift(
      name,
      `DROP INDEX ix_store_code; ${sql}`,
      "index ix_store_code on store",
      `definition: expected CREATE UNIQUE INDEX ix_store_code ON store USING btree (code), found ${sql
        .replace("store (code)", "store USING btree (code)")
        .replace("(region IS NOT NULL)", "region IS NOT NULL")}`,
    ),
  ),
  drift(
    "an invalid index",
    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_store_code'::regclass",
    "index ix_store_code on store",
    "valid: expected yes, found no",
  ),

  // ---- triggers, functions and the rest
  drift(
    "a disabled trigger",
    "ALTER TABLE store DISABLE TRIGGER tr_store_updated_at",
    "trigger tr_store_updated_at on store",
    "enabled: expected yes, found no",
  ),
  drift(
    "a dropped trigger",
    "DROP TRIGGER tr_store_updated_at ON store",
    "trigger tr_store_updated_at on store",
    "missing: expected CREATE TRIGGER tr_store_updated_at BEFORE UPDATE ON store FOR EACH ROW EXECUTE FUNCTION set_updated_at()",
  ),
  drift(
    "a changed trigger",
    "CREATE OR REPLACE TRIGGER tr_store_updated_at BEFORE INSERT OR UPDATE ON store FOR EACH ROW EXECUTE FUNCTION set_updated_at()",
    "trigger tr_store_updated_at on store",
    "definition: expected CREATE TRIGGER tr_store_updated_at BEFORE UPDATE ON store FOR EACH ROW EXECUTE FUNCTION set_updated_at(), found CREATE TRIGGER tr_store_updated_at BEFORE INSERT OR UPDATE ON store FOR EACH ROW EXECUTE FUNCTION set_updated_at()",
  ),
  drift(
    "a changed body of a function",
    body("NEW.updated_at := clock_timestamp();"),
    "function set_updated_at()",
    "body, line 4: expected NEW.updated_at := now();, found NEW.updated_at := clock_timestamp();",
  ),
  drift(
    "a function that runs with the rights of its owner",
    "ALTER FUNCTION set_updated_at() SECURITY DEFINER",
    "function set_updated_at()",
    "options: expected none, found security definer",
  ),
  drift(
    "a changed volatility of a function",
    "ALTER FUNCTION set_updated_at() STABLE",
    "function set_updated_at()",
    "volatility: expected volatile, found stable",
  ),
  drift(
    "an added function",
    "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a'",
    "function f(a integer)",
    "not expected",
  ),
  drift(
    "an added view",
    "CREATE VIEW v AS SELECT 1 AS one",
    "view v",
    "not expected: found SELECT 1 AS one;",
  ),
  drift(
    "an added materialized view",
    "CREATE MATERIALIZED VIEW m AS SELECT 1 AS one",
    "materialized view m",
    "not expected: found SELECT 1 AS one;",
  ),
  drift(
    "an added rule",
    "CREATE RULE r AS ON DELETE TO store DO INSTEAD NOTHING",
    "rule r on store",
    "not expected: found CREATE RULE r AS ON DELETE TO store DO INSTEAD NOTHING;",
  ),
  drift(
    "an added policy",
    "CREATE POLICY p ON store USING (id > 0)",
    "policy p on store",
    "not expected: found PERMISSIVE FOR ALL TO public USING (id > 0)",
  ),
  drift("an added sequence", "CREATE SEQUENCE s START 7", "sequence s", "not expected: found bigint"),
  drift("an added enum", "CREATE TYPE mood AS ENUM ('calm')", "enum mood", "not expected: found 'calm'"),
  drift(
    "an added domain",
    "CREATE DOMAIN sku AS text CHECK (VALUE <> '')",
    "domain sku",
    "not expected: found text CHECK (VALUE <> ''::text)",
  ),
  drift(
    "an added composite type",
    "CREATE TYPE point_of_sale AS (store int, till int)",
    "type point_of_sale",
    "not expected: found store integer, till integer",
  ),
  drift(
    "added statistics",
    "CREATE STATISTICS st ON store_id, product_id FROM promotion",
    "statistics st on promotion",
    "not expected: found CREATE STATISTICS ON product_id, store_id FROM promotion",
  ),
];
