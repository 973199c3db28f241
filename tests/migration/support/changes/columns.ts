import { sql } from "drizzle-orm";
import {
  bigint,
  check,
  date,
  index,
  integer,
  numeric,
  primaryKey,
  smallint,
  text,
  timestamp,
  unique,
  varchar,
} from "drizzle-orm/pg-core";
import { edits, item, type ModelChange, replacing } from "./change.ts";

export const columns: ModelChange[] = [
  { name: "add a column", before: item({}), after: item({ size: integer() }) },
  {
    name: "add a column with NOT NULL and a default",
    before: item({}),
    after: item({ size: integer().notNull().default(1) }),
  },
  { name: "drop a column", before: item({ size: integer().default(3) }), after: item({}) },
  {
    name: "add and drop columns of one table",
    before: item({ a: integer(), b: text() }),
    after: item({ c: integer(), d: text() }),
  },
  {
    name: "rename a column, by hand",
    before: item({ size: integer() }, (t) => [index("ix_item_size").on(t.size)]),
    after: item({ width: integer() }, (t) => [index("ix_item_size").on(t.width)]),
    edit: edits(
      replacing(/-- up[\s\S]*-- down/, "-- up\nALTER TABLE item RENAME COLUMN size TO width;\n-- down"),
      replacing(/-- down[\s\S]*/, "-- down\nALTER TABLE item RENAME COLUMN width TO size;\n"),
    ),
  },
  {
    name: "drop a column with an index, a check and a key on it",
    before: item({ a: integer().notNull(), b: integer() }, (t) => [
      primaryKey({ name: "pk_item", columns: [t.a] }),
      index("ix_item").on(t.a, t.b),
      check("ck_item", sql`${t.a} > ${t.b}`),
      unique("uq_item").on(t.b, t.a),
    ]),
    after: item({ b: integer() }),
  },
  {
    name: "a longer varchar",
    before: item({ a: varchar({ length: 20 }) }),
    after: item({ a: varchar({ length: 50 }) }),
  },
  { name: "varchar to text", before: item({ a: varchar({ length: 20 }) }), after: item({ a: text() }) },
  {
    name: "integer to bigint",
    before: item({ a: integer().default(0) }),
    after: item({ a: bigint({ mode: "number" }).default(0) }),
  },
  {
    name: "change a precision",
    before: item({ a: numeric({ precision: 10, scale: 2 }) }, (t) => [check("ck_item", sql`${t.a} >= 0`)]),
    after: item({ a: numeric({ precision: 12, scale: 4 }) }, (t) => [check("ck_item", sql`${t.a} >= 0`)]),
  },
  {
    name: "timestamp to timestamptz",
    before: item({ a: timestamp() }),
    after: item({ a: timestamp({ withTimezone: true }) }),
  },
  {
    name: "text to integer, with USING by hand",
    before: item({ a: text() }),
    after: item({ a: integer() }),
    edit: replacing("SET DATA TYPE integer;", "SET DATA TYPE integer USING a::integer;"),
  },
  {
    name: "change a type and its default, with USING by hand",
    before: item({ a: text().notNull().default("none") }),
    after: item({ a: integer().notNull().default(0) }),
    edit: replacing("SET DATA TYPE integer;", "SET DATA TYPE integer USING length(a);"),
  },
  { name: "set a default", before: item({ a: text() }), after: item({ a: text().default("it's; here") }) },
  {
    name: "change a default",
    before: item({ a: integer().default(1) }),
    after: item({ a: integer().default(2) }),
  },
  { name: "drop a default", before: item({ a: timestamp().defaultNow() }), after: item({ a: timestamp() }) },
  {
    name: "a default that is an expression",
    before: item({ a: date() }),
    after: item({ a: date().default(sql`current_date - 1`) }),
  },
  { name: "forbid NULL", before: item({ a: text() }), after: item({ a: text().notNull() }) },
  { name: "allow NULL", before: item({ a: text().notNull() }), after: item({ a: text() }) },
  {
    name: "make a column an identity",
    before: item({ a: integer() }),
    after: item({ a: integer().generatedByDefaultAsIdentity() }),
  },
  {
    name: "change the kind of an identity",
    before: item({ a: integer().generatedByDefaultAsIdentity() }),
    after: item({ a: integer().generatedAlwaysAsIdentity() }),
  },
  {
    name: "change the options of an identity",
    before: item({ a: integer().generatedAlwaysAsIdentity() }),
    after: item({
      a: integer().generatedAlwaysAsIdentity({ startWith: 5, increment: 5, maxValue: 500, cache: 3 }),
    }),
  },
  {
    name: "change the type of an identity",
    before: item({ a: integer().generatedAlwaysAsIdentity() }),
    after: item({ a: bigint({ mode: "number" }).generatedAlwaysAsIdentity() }),
  },
  {
    name: "add a generated column",
    before: item({ a: integer() }),
    after: item({ a: integer(), b: integer().generatedAlwaysAs(sql`a + 1`) }),
  },
  {
    name: "make a generated column a plain one",
    before: item({ a: integer(), b: integer().generatedAlwaysAs(sql`a + 1`) }),
    after: item({ a: integer(), b: integer() }),
  },
  {
    name: "change the expression of a generated column with an index, a check and a key on it",
    before: item({ a: integer().notNull(), b: integer().notNull().generatedAlwaysAs(sql`a + 1`) }, (t) => [
      index("ix_item_b").on(t.b),
      check("ck_item_b", sql`${t.b} > 0`),
      unique("uq_item_b").on(t.b, t.a),
    ]),
    after: item({ a: integer().notNull(), b: integer().notNull().generatedAlwaysAs(sql`a + 2`) }, (t) => [
      index("ix_item_b").on(t.b),
      check("ck_item_b", sql`${t.b} > 0`),
      unique("uq_item_b").on(t.b, t.a),
    ]),
  },
  {
    name: "change a type under a check, a predicate, an expression and a default",
    before: item({ a: integer().notNull().default(0) }, (t) => [
      check("ck_item", sql`${t.a} >= 0`),
      index("ix_item").on(t.a).where(sql`${t.a} > 0`),
      index("ix_item_twice").on(sql`(${t.a} * 2)`),
      unique("uq_item").on(t.a),
    ]),
    after: item({ a: numeric({ precision: 10, scale: 2 }).notNull().default("0") }, (t) => [
      check("ck_item", sql`${t.a} >= 0`),
      index("ix_item").on(t.a).where(sql`${t.a} > 0`),
      index("ix_item_twice").on(sql`(${t.a} * 2)`),
      unique("uq_item").on(t.a),
    ]),
  },
  {
    name: "drop a generated column while the column it reads changes its type",
    before: item({ a: integer(), b: integer().generatedAlwaysAs(sql`a + 1`) }),
    after: item({ a: bigint({ mode: "number" }) }),
  },
  {
    name: "make a generated column a plain one while the column it reads changes its type",
    before: item({ a: integer(), b: integer().generatedAlwaysAs(sql`a + 1`) }),
    after: item({ a: bigint({ mode: "number" }), b: integer() }),
  },
  {
    name: "add a generated column before the new column it reads",
    before: item({}),
    after: item({ b: integer().generatedAlwaysAs(sql`a + 1`), a: integer().notNull().default(1) }),
  },
  {
    name: "change the type of a column that a generated one reads",
    before: item({ a: integer(), b: integer().generatedAlwaysAs(sql`a + 1`) }),
    after: item({ a: smallint(), b: integer().generatedAlwaysAs(sql`a + 1`) }),
  },
];
