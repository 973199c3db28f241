import { getTableColumns, sql } from "drizzle-orm";
import {
  type AnyPgColumn,
  bigint,
  boolean,
  check,
  date,
  doublePrecision,
  foreignKey,
  index,
  integer,
  interval,
  jsonb,
  numeric,
  type PgTable,
  pgTable,
  primaryKey,
  smallint,
  text,
  time,
  timestamp,
  unique,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import { edits, id, item, type ModelChange, replacing } from "./change.ts";

export const shop = pgTable("shop", { id: integer().primaryKey(), name: text() });
export const shelf = pgTable(
  "shelf",
  { id: integer().primaryKey(), shopId: integer().references(() => shop.id), parentId: integer() },
  (t) => [foreignKey({ name: "fk_shelf_shelf", columns: [t.parentId], foreignColumns: [t.id] })],
);
const crate = pgTable("crate", { id: integer().primaryKey(), shelfId: integer().references(() => shelf.id) });

/** Two tables that refer to each other. */
function couple() {
  const left: PgTable = pgTable("left_hand", { id: integer().primaryKey(), other: integer() }, (t) => [
    foreignKey({ name: "fk_left_right", columns: [t.other], foreignColumns: [idOf(right)] }),
  ]);
  const right: PgTable = pgTable("right_hand", { id: integer().primaryKey(), other: integer() }, (t) => [
    foreignKey({ name: "fk_right_left", columns: [t.other], foreignColumns: [idOf(left)] }),
  ]);
  return { left, right };
}

const idOf = (table: PgTable) => getTableColumns(table).id as AnyPgColumn<{ tableName: "right_hand" }>;

const everything = pgTable(
  "everything",
  {
    id: bigint({ mode: "number" }).generatedAlwaysAsIdentity({ startWith: 100, increment: 10 }),
    code: varchar({ length: 20 }).notNull().unique("uq_everything_code"),
    price: numeric({ precision: 10, scale: 2 }).default("0.00"),
    double: integer().generatedAlwaysAs(sql`small * 2`),
    small: smallint().notNull().default(1),
    ratio: doublePrecision().default(0.5),
    tags: text().array().notNull().default([]),
    about: jsonb().default({ a: 1 }),
    key: uuid().defaultRandom(),
    opens: time().default("08:00"),
    lasts: interval().default("1 day"),
    day: date().defaultNow(),
    at: timestamp({ withTimezone: true, precision: 3 }).defaultNow(),
    yes: boolean().notNull().default(true),
  },
  (t) => [
    primaryKey({ name: "pk_everything", columns: [t.id, t.code] }),
    check("ck_everything_price", sql`${t.price} >= 0`),
    index("ix_everything_lower").on(sql`lower(${t.code})`),
    index("ix_everything_tags").using("gin", t.tags),
  ],
);

export const tables: ModelChange[] = [
  { name: "add a table with every kind of column", before: {}, after: { everything } },
  { name: "drop a table with every kind of column", before: { everything }, after: {} },
  { name: "add tables with foreign keys", before: { shop }, after: { shop, shelf, crate } },
  { name: "drop tables with foreign keys", before: { shop, shelf, crate }, after: { shop } },
  { name: "drop every table", before: { crate, shelf, shop }, after: {} },
  { name: "add tables that refer to each other", before: {}, after: couple() },
  { name: "drop tables that refer to each other", before: couple(), after: {} },
  {
    name: "add a table that an existing one refers to",
    before: item({ shopId: integer() }),
    after: { shop, ...item({ shopId: integer().references(() => shop.id) }) },
  },
  {
    name: "drop a table and the unique constraint it refers to",
    before: (() => {
      const { item: target } = item({ code: text().unique("uq_item_code") });
      const tag = pgTable("tag", { code: text() }, (t) => [
        // biome-ignore lint/suspicious/noExplicitAny: the columns of item() are untyped
        foreignKey({ name: "fk_tag_item", columns: [t.code], foreignColumns: [(target as any).code] }),
      ]);
      return { item: target, tag };
    })(),
    after: item({ code: text() }),
  },
  { name: "replace one table with another", before: { shop }, after: item({}) },
  {
    name: "rename a table, by hand",
    before: item({ code: text() }, (t) => [index("ix_item_code").on(t.code)]),
    after: {
      thing: pgTable("thing", { id, code: text() }, (t) => [index("ix_item_code").on(t.code)]),
    },
    edit: edits(
      replacing(/-- up[\s\S]*-- down/, "-- up\nALTER TABLE item RENAME TO thing;\n-- down"),
      replacing(/-- down[\s\S]*/, "-- down\nALTER TABLE thing RENAME TO item;\n"),
    ),
  },
  {
    name: "names that need quotes",
    before: {},
    after: {
      order: pgTable(
        "order",
        { user: text("user").default('it\'s; "x"'), when: date("camelCase"), end: text("to be") },
        (t) => [
          unique("Unique Name").on(t.user, t.when),
          check("ck order", sql`${t.user} <> 'a;"public".b'`),
          index("ix-order").on(t.end),
        ],
      ),
    },
  },
];
