import fc from "fast-check";
import { expect } from "vitest";
import type { Database } from "../../../src/database/connection.ts";
import type { Mapping } from "../../../src/ingest/index.ts";
import { outcomeOf, storedStores } from "./fuzz-outcome.ts";
import { query, type Workspace } from "./load.ts";

/* Random mappings of stores. */

const functions = [
  ...[
    "upper",
    "trim",
    "coalesce",
    "nullif",
    "length",
    "abs",
    "round",
    "sqrt",
    "ln",
    "replace",
    "substr",
    "left",
  ],
  ...[
    "strptime",
    "strftime",
    "regexp_extract",
    "regexp_replace",
    "concat_ws",
    "list_value",
    "error",
    "chr",
    "md5",
  ],
  ...[
    "sum",
    "max",
    "count",
    "string_agg",
    "read_text",
    "getenv",
    "typeof",
    "epoch",
    "date_trunc",
    "struct_pack",
  ],
];

/** Expressions over the source's columns a, b and "c d": mostly valid ones, and pieces of SQL in any order. */
const expression = fc.letrec<{ any: string; leaf: string }>((tie) => ({
  leaf: fc.constantFrom(
    ...[
      "a",
      "b",
      '"c d"',
      "A",
      "input.a",
      "_file",
      "_record",
      "_seq",
      "'x'",
      "''",
      "1",
      "1.5",
      "NULL",
      "true",
    ],
    ...[
      "DATE '2024-01-01'",
      "[1, 2]",
      "{'k': 1}",
      "'é'",
      "nope",
      "$1",
      "*",
      "?",
      "--",
      "/* x",
      "';'",
      ")",
      "(",
    ],
  ),
  any: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { weight: 3, arbitrary: tie("leaf") },
    {
      weight: 3,
      arbitrary: fc
        .tuple(
          tie("any"),
          fc.constantFrom(
            "||",
            "+",
            "*",
            "/",
            "=",
            "<",
            "AND",
            "LIKE",
            "IS NOT DISTINCT FROM",
            ",",
            "::",
            "->",
          ),
          tie("any"),
        )
        .map(([left, operator, right]) => `${left} ${operator} ${right}`),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.constantFrom(...functions), fc.array(tie("any"), { minLength: 0, maxLength: 3 }))
        .map(([name, args]) => `${name}(${args.join(", ")})`),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(
          fc.constantFrom("CAST", "TRY_CAST"),
          tie("any"),
          fc.constantFrom(
            "INTEGER",
            "DATE",
            "DECIMAL(10,2)",
            "VARCHAR",
            "BLOB",
            "TIMESTAMP",
            "JSON",
            "BOOLEAN",
          ),
        )
        .map(([cast, of, type]) => `${cast}(${of} AS ${type})`),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(tie("any"), tie("any")).map(([a, b]) => `CASE WHEN ${a} THEN ${b} END`),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom("row_number()", "lag(a)", "sum(b)", "first(a)"), tie("leaf"))
        .map(([window, order]) => `${window} OVER (ORDER BY ${order})`),
    },
    { weight: 1, arbitrary: fc.array(tie("leaf"), { maxLength: 4 }).map((parts) => parts.join(" ")) },
    { weight: 1, arbitrary: tie("any").map((sql) => `(SELECT ${sql})`) },
  ),
})).any;

/** A mapping of stores; `table` and the names of columns are right, everything else is random. */
export const mapping = fc
  .record(
    {
      code: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom("a", "b", "upper(a)") },
        { weight: 1, arbitrary: expression },
      ),
      name: fc.oneof(
        { weight: 1, arbitrary: fc.constantFrom("b", "'x'") },
        { weight: 2, arbitrary: expression },
      ),
      filter: expression,
      collapse: expression,
    },
    { requiredKeys: ["code", "name"] },
  )
  .map(
    ({ code, name, filter, collapse }): Mapping => ({
      table: "store",
      path: "fuzz.yaml",
      columns: { code, name },
      ...(filter === undefined ? {} : { filter }),
      ...(collapse === undefined ? {} : { collapse: { name: collapse } }),
    }),
  );

const source = [
  'a,b,"c d"',
  "1,x,2024-01-01",
  "2,,z",
  "é,12.5,",
  "1,x,2024-01-01",
  "bad",
  ',"q""q",0',
  "n/a,-1,31/12/2024",
];

/** A load by a mapping ends with counts that add up, or with an error about the mapping. */
export async function mappingIsHandled(database: Database, workspace: Workspace, of: Mapping): Promise<void> {
  await query(database, "TRUNCATE store CASCADE");
  const outcome = await outcomeOf(database, {
    ...{ table: "store", files: [workspace.csv(source)], mapping: of, maxRejects: { percent: 100 } },
    rejects: workspace.path(`rejects-of-${Math.random()}.csv`),
  });
  const allowed = ["MAPPING_EXPRESSION_INVALID", "MAPPING_EXPRESSION_FAILED"];
  if (typeof outcome === "string") expect(allowed).toContain(outcome);
  else expect(await storedStores(database)).toHaveLength(outcome.inserted);
}
