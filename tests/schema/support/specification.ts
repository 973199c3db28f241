/** A table of the specification. */
export interface SpecifiedTable {
  readonly columns: Readonly<Record<string, string>>;
  readonly primaryKey: string;
  readonly unique?: Readonly<Record<string, string>>;
  readonly indexes: Readonly<Record<string, string>>;
  readonly foreignKeys?: Readonly<Record<string, string>>;
  readonly checks: Readonly<Record<string, string>>;
}

/** TimestampMixin: DateTime(timezone=True), server default now(). */
const timestamps = {
  created_at: "timestamp with time zone not null default now()",
  updated_at: "timestamp with time zone not null default now()",
};

const dimensionId = "integer not null identity"; // ADR 0004: identity instead of the serial of SQLAlchemy
const factId = "bigint not null identity"; // ADR 0004: bigint on facts

/**
 * The seven tables of the specification, transcribed from its SQLAlchemy models as SQLAlchemy would create them: String(20) is
 * varchar(20), `unique=True, index=True` is one unique index ix_{table}_{column}. Deliberate differences have a comment with
 * their ADR.
 */
export const specification: Readonly<Record<string, SpecifiedTable>> = {
  store: {
    columns: {
      id: dimensionId,
      code: "character varying(20) not null",
      name: "character varying(100) not null",
      region: "character varying(50)",
      city: "character varying(50)",
      store_type: "character varying(30)",
      ...timestamps,
    },
    primaryKey: "pk_store (id)",
    indexes: { ix_store_code: "unique (code)" },
    checks: {},
  },
  product: {
    columns: {
      id: dimensionId,
      sku: "character varying(50) not null",
      name: "character varying(200) not null",
      category: "character varying(100)",
      brand: "character varying(100)",
      base_price: "numeric(10,2)",
      base_cost: "numeric(10,2)",
      ...timestamps,
    },
    primaryKey: "pk_product (id)",
    indexes: { ix_product_sku: "unique (sku)", ix_product_category: "(category)" },
    checks: {
      // ADR 0007: the validation schemas of the specification require it (ge=0), so the database does too.
      ck_product_base_price_positive: "base_price IS NULL OR base_price >= 0",
      ck_product_base_cost_positive: "base_cost IS NULL OR base_cost >= 0",
    },
  },
  calendar: {
    columns: {
      date: "date not null",
      day_of_week: "integer not null",
      month: "integer not null",
      quarter: "integer not null",
      year: "integer not null",
      is_holiday: "boolean not null default false",
      holiday_name: "character varying(100)",
      ...timestamps,
    },
    primaryKey: "pk_calendar (date)",
    indexes: { ix_calendar_year: "(year)" },
    checks: {
      ck_calendar_day_of_week: "day_of_week >= 0 AND day_of_week <= 6",
      ck_calendar_month: "month >= 1 AND month <= 12",
      ck_calendar_quarter: "quarter >= 1 AND quarter <= 4",
      // ADR 0007: the parts match the date.
      ck_calendar_day_of_week_of_date: "day_of_week = (EXTRACT(isodow FROM date) - 1)",
      ck_calendar_month_of_date: "month = EXTRACT(month FROM date)",
      ck_calendar_quarter_of_date: "quarter = EXTRACT(quarter FROM date)",
      ck_calendar_year_of_date: "year = EXTRACT(year FROM date)",
    },
  },
  sales_daily: {
    columns: {
      id: factId,
      date: "date not null",
      store_id: "integer not null",
      product_id: "integer not null",
      quantity: "integer not null",
      unit_price: "numeric(10,2) not null",
      total_amount: "numeric(12,2) not null",
      ...timestamps,
    },
    primaryKey: "pk_sales_daily (id, date, store_id)", // ADR 0003: the key of a partitioned table contains the date
    unique: { uq_sales_daily_grain: "(date, store_id, product_id)" },
    indexes: {
      // ADR 0005: no ix_sales_daily_date; the index of the grain starts with the date.
      ix_sales_daily_store_id: "(store_id)",
      ix_sales_daily_product_id: "(product_id)",
      ix_sales_daily_date_store: "(date, store_id)",
      ix_sales_daily_date_product: "(date, product_id)",
    },
    foreignKeys: {
      fk_sales_daily_calendar: "(date) -> calendar (date)",
      fk_sales_daily_store: "(store_id) -> store (id)",
      fk_sales_daily_product: "(product_id) -> product (id)",
    },
    checks: {
      ck_sales_daily_quantity_positive: "quantity >= 0",
      ck_sales_daily_price_positive: "unit_price >= 0",
      ck_sales_daily_amount_positive: "total_amount >= 0",
    },
  },
  price_history: {
    columns: {
      id: factId,
      product_id: "integer not null",
      store_id: "integer",
      price: "numeric(10,2) not null",
      valid_from: "date not null",
      valid_to: "date",
      ...timestamps,
    },
    primaryKey: "pk_price_history (id)",
    indexes: {
      ix_price_history_product_id: "(product_id)",
      ix_price_history_store_id: "(store_id)",
      ix_price_history_valid_from: "(valid_from)",
      ix_price_history_product_validity: "(product_id, valid_from, valid_to)",
    },
    foreignKeys: {
      fk_price_history_product: "(product_id) -> product (id)",
      fk_price_history_store: "(store_id) -> store (id)",
    },
    checks: {
      ck_price_history_price_positive: "price >= 0",
      ck_price_history_valid_dates: "valid_to IS NULL OR valid_to >= valid_from",
    },
  },
  promotion: {
    columns: {
      id: factId,
      product_id: "integer not null",
      store_id: "integer",
      name: "character varying(200) not null",
      discount_pct: "numeric(5,4)",
      discount_amount: "numeric(10,2)",
      start_date: "date not null",
      end_date: "date not null",
      ...timestamps,
    },
    primaryKey: "pk_promotion (id)",
    indexes: {
      ix_promotion_product_id: "(product_id)",
      ix_promotion_store_id: "(store_id)",
      ix_promotion_start_date: "(start_date)",
      ix_promotion_product_dates: "(product_id, start_date, end_date)",
    },
    foreignKeys: {
      fk_promotion_product: "(product_id) -> product (id)",
      fk_promotion_store: "(store_id) -> store (id)",
    },
    checks: {
      ck_promotion_valid_dates: "end_date >= start_date",
      ck_promotion_discount_pct_range: "discount_pct IS NULL OR discount_pct >= 0 AND discount_pct <= 1",
      ck_promotion_discount_amount_positive: "discount_amount IS NULL OR discount_amount >= 0",
    },
  },
  inventory_snapshot_daily: {
    columns: {
      id: factId,
      date: "date not null",
      store_id: "integer not null",
      product_id: "integer not null",
      on_hand_qty: "integer not null",
      on_order_qty: "integer not null default 0",
      is_stockout: "boolean not null generated (on_hand_qty = 0)", // ADR 0007: derived, so that it cannot contradict the stock
      ...timestamps,
    },
    primaryKey: "pk_inventory_snapshot_daily (id, date, store_id)", // ADR 0003
    unique: { uq_inventory_snapshot_daily_grain: "(date, store_id, product_id)" },
    indexes: {
      // ADR 0005: no ix_inventory_snapshot_daily_date.
      ix_inventory_snapshot_daily_store_id: "(store_id)",
      ix_inventory_snapshot_daily_product_id: "(product_id)",
      ix_inventory_snapshot_date_store: "(date, store_id)",
    },
    foreignKeys: {
      fk_inventory_snapshot_daily_calendar: "(date) -> calendar (date)",
      fk_inventory_snapshot_daily_store: "(store_id) -> store (id)",
      fk_inventory_snapshot_daily_product: "(product_id) -> product (id)",
    },
    checks: {
      ck_inventory_on_hand_positive: "on_hand_qty >= 0",
      ck_inventory_on_order_positive: "on_order_qty >= 0",
    },
  },
};
