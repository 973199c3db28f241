import { sql } from "drizzle-orm";
import { index, integer, jsonb, text, unique, uniqueIndex } from "drizzle-orm/pg-core";
import { item, type ModelChange, replacing } from "./change.ts";

// biome-ignore lint/suspicious/noExplicitAny: drizzle gives its columns precise types
const indexed = (rule?: (t: any) => any) =>
  item({ a: integer(), b: text(), tags: text().array(), about: jsonb() }, rule && ((t) => [rule(t)]));

// biome-ignore lint/suspicious/noExplicitAny: drizzle gives its columns precise types
const kinds: Record<string, (t: any) => any> = {
  plain: (t) => index("ix_item").on(t.a),
  unique: (t) => uniqueIndex("ix_item").on(t.a),
  "of several columns": (t) => index("ix_item").on(t.b, t.a),
  partial: (t) => index("ix_item").on(t.a).where(sql`${t.b} IS NOT NULL AND ${t.b} <> 'x;y'`),
  "unique and partial": (t) => uniqueIndex("ix_item").on(t.b).where(sql`${t.a} > 0`),
  "over an expression": (t) => index("ix_item").on(sql`lower(${t.b})`, sql`(${t.a} + 1)`),
  descending: (t) => index("ix_item").on(t.a.desc(), t.b.asc()),
  "with NULLs first or last": (t) => index("ix_item").on(t.a.asc().nullsFirst(), t.b.desc().nullsLast()),
  gin: (t) => index("ix_item").using("gin", t.tags),
  "gin with an operator class": (t) => index("ix_item").using("gin", t.about.op("jsonb_path_ops")),
  gist: (t) => index("ix_item").using("gist", sql`int4range(${t.a}, ${t.a}, '[]')`),
  hash: (t) => index("ix_item").using("hash", t.b),
  brin: (t) => index("ix_item").using("brin", t.a),
  "with a fill factor": (t) => index("ix_item").on(t.a).with({ fillfactor: "70" }),
};

const added = Object.entries(kinds).map(
  ([name, rule]): ModelChange => ({ name: `add an index, ${name}`, before: indexed(), after: indexed(rule) }),
);

export const indexes: ModelChange[] = [
  ...added,
  { name: "drop an index", before: indexed((t) => index("ix_item").on(t.a)), after: indexed() },
  {
    name: "change the columns of an index",
    before: indexed((t) => index("ix_item").on(t.a)),
    after: indexed((t) => index("ix_item").on(t.b, t.a)),
  },
  {
    name: "change the predicate of an index",
    before: indexed((t) => index("ix_item").on(t.a).where(sql`${t.a} > 0`)),
    after: indexed((t) => index("ix_item").on(t.a).where(sql`${t.a} > 1`)),
  },
  {
    name: "make an index unique",
    before: indexed((t) => index("ix_item").on(t.a)),
    after: indexed((t) => uniqueIndex("ix_item").on(t.a)),
  },
  {
    name: "replace an index with a unique constraint",
    before: item({ a: integer(), b: integer() }, (t) => [uniqueIndex("ix_item").on(t.a)]),
    after: item({ a: integer(), b: integer() }, (t) => [unique("ix_item").on(t.a)]),
  },
  {
    name: "add an index built CONCURRENTLY",
    before: indexed(),
    after: indexed((t) => index("ix_item").on(t.a).concurrently()),
  },
  {
    name: "add an index with INCLUDE, by hand",
    before: indexed(),
    after: indexed((t) => index("ix_item").on(t.a)),
    edit: replacing("ON item (a);", "ON item (a) INCLUDE (b);"),
    byHand: true,
  },
];
