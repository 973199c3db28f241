import { sql } from "drizzle-orm";
import {
  bigint,
  check,
  foreignKey,
  index,
  integer,
  numeric,
  type PgTable,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  unique,
  uniqueIndex,
  varchar,
} from "drizzle-orm/pg-core";
import fc from "fast-check";
import type { Model } from "../../../src/migration/generate/snapshot.ts";

/* Arbitrary models of a few tables and columns, so that any two of them have much in common. */

/** Columns `n…` have a numeric type, `t…` a text type, `d…` a timestamp. Types change within these families, without USING. */
const types = {
  n: [
    () => integer(),
    () => bigint({ mode: "number" }),
    () => smallint(),
    () => numeric({ precision: 10, scale: 2 }),
  ],
  t: [() => text(), () => varchar({ length: 20 }), () => varchar({ length: 40 })],
  d: [() => timestamp(), () => timestamp({ withTimezone: true })],
} as const;

const defaults = {
  n: [sql`0`, sql`7`],
  t: [sql`''`, sql`'it''s; "x"'`],
  d: [sql`now()`, sql`'2024-02-29'`],
} as const;

const names = ["n1", "n2", "t1", "t2", "d1"] as const;
type Name = (typeof names)[number];
const family = (name: Name) => name[0] as keyof typeof types;

const column = fc.record({
  type: fc.nat(3),
  notNull: fc.boolean(),
  default: fc.option(fc.nat(1)),
});
const some = fc.option(fc.subarray([...names], { minLength: 1, maxLength: 3 }), { freq: 2 });

const table = fc.record({
  columns: fc.dictionary(fc.constantFrom(...names), column, { minKeys: 2, noNullPrototype: true }),
  key: some,
  unique: some,
  index: some,
  uniqueIndex: some,
  partial: fc.boolean(),
  check: fc.option(fc.constantFrom("> 0", ">= 0", "<> 4")),
  generated: fc.option(fc.constantFrom("+ 1", "* 2")),
  refersTo: fc.option(fc.constantFrom("one", "two", "three")),
  onDelete: fc.constantFrom("cascade", "set null", "no action"),
});

/** Up to three tables with keys, indexes, checks, generated columns, and foreign keys in any direction. */
export const anyShapes = fc.dictionary(fc.constantFrom("one", "two", "three"), table, {
  noNullPrototype: true,
});

type Shapes = typeof anyShapes extends fc.Arbitrary<infer T> ? T : never;
type Shape = Shapes[string];

/** The drizzle schema of the tables. */
export function modelOf(shapes: Shapes): Model {
  const model: Record<string, PgTable> = {};
  for (const [name, shape] of Object.entries(shapes)) model[name] = build(name, shape, () => model);
  return model;
}

function build(name: string, shape: Shape, model: () => Record<string, PgTable>): PgTable {
  const own = Object.entries(shape.columns).map(([key, { type, notNull, default: value }]) => {
    const kind = family(key as Name);
    const made = types[kind][type % types[kind].length]?.() ?? integer();
    const filled = value === null ? made : made.default(defaults[kind][value] as never);
    return [key, notNull ? filled.notNull() : filled] as const;
  });
  const has = (key: string) => key in shape.columns;
  const derived = shape.generated !== null && has("n1") ? [["g", generated(shape.generated)] as const] : [];
  const id = integer().notNull().unique(`uq_${name}_id`);
  const all = Object.fromEntries([["id", id] as const, ["ref", integer()] as const, ...own, ...derived]);
  // biome-ignore lint/suspicious/noExplicitAny: columns by name
  return pgTable(name, all as any, (t: any) => {
    const on = (keys: readonly string[] | null) => (keys ?? []).filter(has).map((key) => t[key]);
    // In CREATE TABLE, PostgreSQL ignores a unique constraint on the columns of the primary key.
    const repeats = String(shape.unique?.filter(has)) === String(shape.key?.filter(has));
    const [key, distinct, plain, single] = [
      on(shape.key),
      on(repeats ? null : shape.unique),
      on(shape.index),
      on(shape.uniqueIndex),
    ];
    const target = shape.refersTo === null ? undefined : model()[shape.refersTo];
    return [
      ...(key.length > 0 ? [primaryKey({ name: `pk_${name}`, columns: key as [never] })] : []),
      ...(distinct.length > 0 ? [unique(`uq_${name}`).on(...(distinct as [never]))] : []),
      ...(plain.length > 0 ? [index(`ix_${name}`).on(...(plain as [never]))] : []),
      ...(single.length > 0
        ? [partly(uniqueIndex(`ux_${name}`).on(...(single as [never])), shape.partial, t)]
        : []),
      ...(shape.check !== null && has("n2")
        ? [check(`ck_${name}`, sql`${t.n2} ${sql.raw(shape.check)}`)]
        : []),
      ...(derived.length > 0 ? [index(`ix_${name}_g`).on(t.g)] : []),
      ...(target === undefined
        ? []
        : [
            foreignKey({
              name: `fk_${name}`,
              columns: [t.ref],
              // biome-ignore lint/suspicious/noExplicitAny: columns by name
              foreignColumns: [(target as any).id],
            }).onDelete(shape.onDelete as "cascade"),
          ]),
    ];
  });
}

const generated = (expression: string) => numeric().generatedAlwaysAs(sql.raw(`n1 ${expression}`));

// biome-ignore lint/suspicious/noExplicitAny: drizzle gives its columns precise types
const partly = (made: any, partial: boolean, t: any) => (partial ? made.where(sql`${t.id} > 0`) : made);
