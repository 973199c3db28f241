import { sql } from "drizzle-orm";
import {
  bigint,
  check,
  index,
  integer,
  pgEnum,
  pgMaterializedView,
  pgPolicy,
  pgSequence,
  pgTable,
  pgView,
  primaryKey,
  text,
  uniqueIndex,
  varchar,
} from "drizzle-orm/pg-core";
import type { Model } from "../../../../src/migration/generate/snapshot.ts";
import { id, item, type ModelChange } from "./change.ts";
import { shelf, shop } from "./tables.ts";

const mood = (...values: [string, ...string[]]) => pgEnum("mood", values);
function moody(type: ReturnType<typeof mood>, fallback?: string): Model {
  const column = type();
  return {
    mood: type,
    ...item({ mood: fallback === undefined ? column : column.notNull().default(fallback) }),
  };
}

const base = item({ a: integer(), b: text() });
// biome-ignore lint/suspicious/noExplicitAny: the columns of item() are untyped
const source = base.item as any;
const viewOf = (limit: number) =>
  pgView("item_view").as((query) =>
    query
      .select({ a: source.a })
      .from(source)
      .where(sql`${source.a} > ${sql.raw(String(limit))}`),
  );
const stored = pgMaterializedView("item_stored").as((query) => query.select({ b: source.b }).from(source));

export const others: ModelChange[] = [
  {
    name: "add an enum and a column of its type",
    before: item({}),
    after: moody(mood("calm", "cross"), "calm"),
  },
  { name: "drop an enum and the column of its type", before: moody(mood("calm", "cross")), after: item({}) },
  {
    name: "add values to an enum",
    before: moody(mood("calm", "cross")),
    after: moody(mood("shy", "calm", "even", "cross", "wild")),
  },
  {
    name: "replace an enum with another, and its column",
    before: moody(mood("calm")),
    after: (() => {
      const other = pgEnum("temper", ["hot"]);
      return { other, ...item({ temper: other() }) };
    })(),
  },
  {
    name: "add a sequence",
    before: item({}),
    after: {
      n: pgSequence("numbers", { startWith: 10, increment: 5, maxValue: 1000 }),
      ...item({ a: integer().default(sql`nextval('numbers'::regclass)`) }),
    },
  },
  { name: "drop a sequence", before: { n: pgSequence("numbers"), ...item({}) }, after: item({}) },
  {
    name: "change the options of a sequence",
    before: { n: pgSequence("numbers", { increment: 1 }) },
    after: { n: pgSequence("numbers", { increment: 2, cache: 5 }) },
  },
  {
    name: "replace a sequence with another",
    before: { n: pgSequence("numbers") },
    after: { n: pgSequence("figures") },
  },
  { name: "add a view", before: base, after: { ...base, view: viewOf(1) } },
  { name: "drop a view", before: { ...base, view: viewOf(1) }, after: base },
  {
    name: "change the query of a view",
    before: { ...base, view: viewOf(1) },
    after: { ...base, view: viewOf(2) },
  },
  { name: "add a materialized view", before: base, after: { ...base, stored } },
  { name: "drop a table together with its views", before: { ...base, view: viewOf(1), stored }, after: {} },
  { name: "replace a view with another", before: { ...base, view: viewOf(1) }, after: { ...base, stored } },
  {
    name: "enable row level security",
    before: base,
    after: { item: pgTable("item", { id, a: integer(), b: text() }).enableRLS() },
  },
  {
    name: "add a policy",
    before: base,
    after: item({ a: integer(), b: text() }, (t) => [
      pgPolicy("po_item", { for: "select", using: sql`${t.a} > 0` }),
    ]),
  },
  {
    name: "replace a policy with another",
    before: item({ a: integer() }, (t) => [pgPolicy("po_old", { using: sql`${t.a} > 0` })]),
    after: item({ a: integer() }, (t) => [
      pgPolicy("po_new", { as: "restrictive", for: "delete", using: sql`${t.a} > 1` }),
    ]),
  },
  {
    name: "many changes at once",
    before: {
      shop,
      shelf,
      ...item({ a: integer().notNull(), b: text(), c: integer() }, (t) => [
        primaryKey({ name: "pk_item", columns: [t.a] }),
        index("ix_item").on(t.b),
      ]),
    },
    after: {
      shop,
      crate: pgTable("crate", { id: integer().primaryKey(), itemA: bigint({ mode: "number" }) }),
      ...item(
        {
          a: bigint({ mode: "number" }).notNull(),
          b: varchar({ length: 9 }).notNull().default("x"),
          d: integer().references(() => shop.id),
        },
        (t) => [
          primaryKey({ name: "pk_item_a_b", columns: [t.a, t.b] }),
          uniqueIndex("ix_item").on(t.b),
          check("ck_item", sql`${t.d} > 0`),
        ],
      ),
    },
  },
];
