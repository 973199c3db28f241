import { sql } from "drizzle-orm";
import {
  check,
  date,
  foreignKey,
  integer,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import type { Model } from "../../../../src/migration/generate/snapshot.ts";
import { edits, id, item, type ModelChange, replacing } from "./change.ts";

const pair = { a: integer().notNull(), b: integer().notNull() };
const keyed = item(pair, (t) => [unique("uq_item").on(t.a, t.b), uniqueIndex("ix_item_b").on(t.b)]);
// biome-ignore lint/suspicious/noExplicitAny: the columns of item() are untyped
const key = keyed.item as any;

function note(rule: (t: { a: never; b: never }) => unknown[] = () => [], target: Model = keyed): Model {
  // biome-ignore lint/suspicious/noExplicitAny: rules of any kind
  return { ...target, note: pgTable("note", { id, a: integer(), b: integer() }, rule as any) };
}

const linkTo = (columns: string[], others: string[]) => (t: never) => {
  // biome-ignore lint/suspicious/noExplicitAny: columns by name
  const own: any = t;
  return foreignKey({
    name: "fk_note_item",
    columns: columns.map((name) => own[name]) as [never],
    foreignColumns: others.map((name) => key[name]) as [never],
  });
};

const link = linkTo(["a", "b"], ["a", "b"]);

export const constraints: ModelChange[] = [
  {
    name: "add a primary key",
    before: item(pair),
    after: item(pair, (t) => [primaryKey({ name: "pk_item", columns: [t.a, t.b] })]),
  },
  {
    name: "drop a primary key",
    before: item({ a: integer().primaryKey() }),
    after: item({ a: integer().notNull() }),
  },
  {
    name: "change the columns of a primary key",
    before: item(pair, (t) => [primaryKey({ name: "pk_item", columns: [t.a] })]),
    after: item(pair, (t) => [primaryKey({ name: "pk_item", columns: [t.a, t.b] })]),
  },
  {
    name: "rename a primary key",
    before: item(pair, (t) => [primaryKey({ name: "pk_old", columns: [t.a] })]),
    after: item(pair, (t) => [primaryKey({ name: "pk_new", columns: [t.a] })]),
  },
  {
    name: "add a unique constraint",
    before: item(pair),
    after: item(pair, (t) => [unique("uq_item").on(t.a, t.b)]),
  },
  { name: "drop a unique constraint", before: item({ a: text().unique() }), after: item({ a: text() }) },
  {
    name: "change the columns of a unique constraint",
    before: item(pair, (t) => [unique("uq_item").on(t.a)]),
    after: item(pair, (t) => [unique("uq_item").on(t.b, t.a)]),
  },
  {
    name: "make NULLs not distinct in a unique constraint",
    before: item(pair, (t) => [unique("uq_item").on(t.a)]),
    after: item(pair, (t) => [unique("uq_item").on(t.a).nullsNotDistinct()]),
  },
  {
    name: "add a check",
    before: item(pair),
    after: item(pair, (t) => [check("ck_item", sql`${t.a} > 0 AND (${t.b} IS NULL OR ${t.b} < ${t.a})`)]),
  },
  { name: "drop a check", before: item(pair, (t) => [check("ck_item", sql`${t.a} > 0`)]), after: item(pair) },
  {
    name: "change the condition of a check",
    before: item(pair, (t) => [check("ck_item", sql`${t.a} > 0`)]),
    after: item(pair, (t) => [check("ck_item", sql`${t.a} >= 0`)]),
  },
  {
    name: "add a check with quotes and semicolons",
    before: item({ a: text() }),
    after: item({ a: text() }, (t) => [
      check("ck_item", sql`${t.a} NOT IN ('a;b', 'it''s', '"public".x', 'x CASCADE')`),
    ]),
  },
  { name: "add a foreign key of two columns", before: note(), after: note((t) => [link(t as never)]) },
  { name: "drop a foreign key", before: note((t) => [link(t as never)]), after: note() },
  {
    name: "add actions to a foreign key",
    before: note((t) => [link(t as never)]),
    after: note((t) => [
      link(t as never)
        .onDelete("cascade")
        .onUpdate("set null"),
    ]),
  },
  {
    name: "change the action of a foreign key",
    before: note((t) => [link(t as never).onDelete("set null")]),
    after: note((t) => [link(t as never).onDelete("restrict")]),
  },
  {
    name: "change the columns of a foreign key, to those of a unique index",
    before: note((t) => [link(t as never)]),
    after: note((t) => [linkTo(["b"], ["b"])(t as never)]),
  },
  {
    name: "add a foreign key together with the unique constraint it refers to",
    before: note(() => [], item(pair)),
    after: note((t) => [link(t as never)]),
  },
  {
    name: "add a primary key over columns that allowed NULL",
    before: item({ a: integer(), b: integer() }),
    after: item({ a: integer(), b: integer() }, (t) => [primaryKey({ columns: [t.a, t.b] })]),
  },
  {
    name: "rename a key that a foreign key refers to",
    before: note((t) => [link(t as never)]),
    after: note((t) => [link(t as never)], {
      item: item(pair, (t) => [unique("uq_new").on(t.a, t.b), uniqueIndex("ix_item_b").on(t.b)]).item,
    }),
  },
  {
    name: "change the type on both sides of a foreign key, with USING by hand",
    before: note((t) => [linkTo(["b"], ["b"])(t as never)]),
    after: {
      ...item({ a: integer().notNull(), b: text().notNull() }, (t) => [
        unique("uq_item").on(t.a, t.b),
        uniqueIndex("ix_item_b").on(t.b),
      ]),
      note: pgTable("note", { id, a: integer(), b: text() }, (t) => [linkTo(["b"], ["b"])(t as never)]),
    },
    edit: replacing(/SET DATA TYPE integer;/g, "SET DATA TYPE integer USING b::integer;"),
  },
  {
    name: "drop a table together with the column it refers to",
    before: note((t) => [linkTo(["b"], ["b"])(t as never)]),
    after: item({ a: integer().notNull() }),
  },
  {
    name: "add an exclusion constraint, by hand",
    before: item({ a: integer() }),
    after: item({ a: integer(), day: date() }),
    edit: edits(
      replacing(
        "\n-- down\n",
        `ALTER TABLE item ADD CONSTRAINT ex_item EXCLUDE USING gist
  (a WITH =, (daterange(day, day, '[]')) WITH &&) DEFERRABLE;\n\n-- down\nALTER TABLE item DROP CONSTRAINT ex_item;\n`,
      ),
    ),
    byHand: true,
  },
];
