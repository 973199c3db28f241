import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ForecastLabError } from "../../src/errors.ts";
import { planLoad } from "../../src/ingest/load-plan.ts";
import { parseMapping } from "../../src/ingest/mapping.ts";
import { contractOf } from "../../src/schema/contracts.ts";

/** Code and message of the error that the work throws. */
function failing(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ForecastLabError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return expect.fail("nothing was thrown");
}

const problem = (yaml: string) => failing(() => parseMapping(yaml, "m.yaml"));

describe("a mapping file", () => {
  test("has table, format, filter, columns and collapse; a constant may be a number or boolean of YAML", () => {
    const mapping = parseMapping(
      `
        table: sales_txn
        format: { delimiter: ";", quote: "", encoding: latin-1, header: [a, b] }
        filter: a <> 'x'
        columns: { sku: a, line_no: 1, quantity: sum(b) }
        collapse: { quantity: sum(quantity) }
      `,
      "m.yaml",
    );
    expect(mapping).toEqual({
      path: "m.yaml",
      table: "sales_txn",
      format: { delimiter: ";", quote: "", encoding: "latin-1", header: ["a", "b"] },
      filter: "a <> 'x'",
      columns: { sku: "a", line_no: "1", quantity: "sum(b)" },
      collapse: { quantity: "sum(quantity)" },
    });
  });

  test.for([
    ["is empty", "", "it must hold table: and columns:"],
    ["is a list", "- a", "it must hold table: and columns:"],
    ["has no table", "columns: { code: a }", "table must be one of store, product, "],
    ["has an unknown table", "table: stores\ncolumns: { code: a }", "table must be one of store, product, "],
    ["has no columns", "table: store", "columns is missing"],
    ["has empty columns", "table: store\ncolumns: {}", "columns must give at least one column"],
    ["has an empty expression", "table: store\ncolumns: { code: '' }", "columns.code must not be empty"],
    [
      "has a list for an expression",
      "table: store\ncolumns: { code: [a] }",
      "columns.code must be an SQL expression",
    ],
    [
      "has an unknown key",
      "table: store\ncolumn: { code: a }\ncolumns: { code: a }",
      "column is not known; did you mean columns?",
    ],
    [
      "has an unknown format",
      "table: store\nformat: { delimeter: a }\ncolumns: { code: a }",
      "format.delimeter is not known; did you mean delimiter?",
    ],
    [
      "has a long delimiter",
      "table: store\nformat: { delimiter: ab }\ncolumns: { code: a }",
      "format.delimiter must be one character",
    ],
    [
      "has the same delimiter and quote",
      "table: store\nformat: { delimiter: ';', quote: ';' }\ncolumns: { code: a }",
      "format delimiter and quote must differ",
    ],
  ] as const)("that %s is an error that names the place", ([, yaml, expected]) => {
    expect(problem(yaml)).toContain(`MAPPING_INVALID: The mapping m.yaml is not valid: ${expected}`);
  });

  test.for([
    ["code: 'S' || Shop", `put quotes around the whole value: code: "'S' || Shop"`],
    [`filter: "Unit price" > 0`, `put quotes around the whole value: filter: '"Unit price" > 0'`],
    [`name: "a" || 'b'`, `put quotes around the whole value: name: '"a" || ''b'''`],
    ["name: left(x, 2): b", `put quotes around the whole value: name: "left(x, 2): b"`],
    ["columns: { code: left(x, 10), name: b }", `put expressions with commas in quotes: "left(x, 10)"`],
    ["columns: { code: a }\ncolumns: { code: b }", "the key columns is there twice, again at line 3"],
  ] as const)("%s: shows the quotes, or the line", ([yaml, expected]) => {
    expect(problem(`table: store\n${yaml}\n`)).toContain(expected);
  });

  test("for sales names the tables that it may mean", () => {
    expect(problem("table: sales\ncolumns: { date: a }")).toContain(
      "(did you mean sales_daily or sales_txn?)",
    );
  });

  test("with tens of thousands of keys is read in time that grows with them; a longer one is refused", () => {
    const keys = (count: number) => Array.from({ length: count }, (_, index) => `  k${index}: a`).join("\n");
    const wide = parseMapping(`table: store\ncolumns:\n${keys(50_000)}`, "m.yaml");
    const message = failing(() => planLoad(contractOf("store"), { name: "f.csv", columns: [] }, wide));
    expect(message).toContain("k19 and 49980 more, which store does not have");
    expect(message.length).toBeLessThan(1000);
    expect(problem(`table: store\ncolumns:\n${keys(90_000)}`)).toContain("longer than 1000000 characters");
  }, 30_000);

  test("that is not YAML is an error that names the line", () => {
    expect(problem("table: store\n  columns: {")).toMatch(/it is not YAML: .* at line \d/);
  });
});

describe("docs/mappings.md", () => {
  const page = readFileSync(new URL("../../docs/mappings.md", import.meta.url), "utf8");
  const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = ""]) => yaml);

  test.for(examples)("has mappings that can be planned: %s", (yaml) => {
    const mapping = parseMapping(yaml, "example.yaml");
    expect(planLoad(contractOf(mapping.table), { name: "f.csv", columns: [] }, mapping).columns).not.toEqual(
      [],
    );
  });

  test("has several of them", () => expect(examples.length).toBeGreaterThan(2));
});

describe("the plan of a load", () => {
  const plan = (table: Parameters<typeof contractOf>[0], columns: string[], yaml?: string) =>
    planLoad(
      contractOf(table),
      { name: "f.csv", columns },
      yaml === undefined ? undefined : parseMapping(yaml, "m.yaml"),
    );

  test("without a mapping has the columns of the files, in any order and case", () => {
    const { columns, collapse } = plan("store", ["Name", "CODE"]);
    expect(columns.map(({ column, expression }) => [column, expression])).toEqual([
      ["code", '"CODE"'],
      ["name", '"Name"'],
    ]);
    expect(collapse).toBe(false);
  });

  test("has natural keys in place of ids; a price without a store is for the whole chain", () => {
    const { columns } = plan("price_history", ["sku", "price", "valid_from"]);
    expect(columns.map(({ input, column, expression }) => [input, column, expression])).toEqual([
      ["sku", "product_id", '"sku"'],
      ["store_code", "store_id", "NULL"],
      ["price", "price", '"price"'],
      ["valid_from", "valid_from", '"valid_from"'],
    ]);
  });

  test("adds the parts of a date that are derived from it", () => {
    const { columns } = plan("calendar", ["date", "year"]);
    expect(columns.map(({ input, expression }) => [input, expression])).toEqual([
      ["date", '"date"'],
      ["day_of_week", "NULL"],
      ["month", "NULL"],
      ["quarter", "NULL"],
      ["year", '"year"'],
    ]);
  });

  test("refuses columns that the table does not have, and surrogate keys", () => {
    expect(failing(() => plan("store", ["code", "name", "cty"]))).toContain("(did you mean city?)");
    expect(failing(() => plan("traffic_daily", ["date", "store_id", "visitors"]))).toMatch(/^COLUMN_IS_ID/);
    expect(
      failing(() => plan("store", ["code"], "table: store\ncolumns: { code: code, naem: code }")),
    ).toContain("The mapping m.yaml has the column naem, which store does not have (did you mean name?)");
    expect(failing(() => plan("store", ["code"], "table: store\ncolumns: { code: code }"))).toContain(
      "The mapping m.yaml has no column name, which store needs.",
    );
  });

  test("names all columns that are wrong or missing at once", () => {
    expect(failing(() => plan("sales_daily", ["store_id", "qty", "article", "unit_prise", "date"]))).toBe(
      "COLUMN_UNKNOWN: f.csv has the columns store_id, qty, article, unit_prise, which sales_daily does not have (store_id: give store_code instead; unit_prise: did you mean unit_price?); it has no sku, quantity, total_amount.",
    );
    expect(failing(() => plan("traffic_daily", ["date", "store_id"]))).toBe(
      "COLUMN_IS_ID: f.csv gives store_id, but ids are looked up by a load and cannot be given; it has no visitors.",
    );
    const wrong =
      "table: store\ncolumns: { code: a, name: b }\ncollapse: { code: mode(code), city: mode(city) }";
    expect(failing(() => plan("store", ["a", "b"], wrong))).toContain(
      "collapse.code is part of the grain, which rows are grouped by; collapse.city is none of its columns",
    );
  });

  test("collapses only columns that are given and not part of the grain", () => {
    const columns = "table: store\ncolumns: { code: a, name: b }\ncollapse:";
    expect(failing(() => plan("store", ["a", "b"], `${columns} { city: mode(city) }`))).toContain(
      "collapse.city is none of its columns",
    );
    expect(failing(() => plan("store", ["a", "b"], `${columns} { code: mode(code) }`))).toContain(
      "collapse.code is part of the grain",
    );
  });
});

test("any text is a mapping, or invalid for a reason that is said", () => {
  const scalar = fc.constantFrom(
    ...[
      "store",
      "code",
      "a",
      "'1'",
      "1",
      "null",
      "true",
      "~",
      "*x",
      "&x y",
      "!!binary aGk=",
      "!!set {}",
      "<<",
      "{}",
    ],
    ...[
      "[]",
      "[a, b]",
      "{ a: b }",
      "|-",
      ">",
      "? a",
      "2024-01-01",
      "0x1F",
      "__proto__",
      "constructor",
      '"\\ud800"',
    ],
  );
  const key = fc.constantFrom(
    "table",
    "columns",
    "format",
    "filter",
    "collapse",
    "header",
    "delimiter",
    "<<",
    "a",
  );
  const line = fc
    .tuple(fc.constantFrom("", "", "  ", "    ", "- "), key, scalar)
    .map(([indent, name, value]) => `${indent}${name}: ${value}`);
  const text = fc.oneof(
    fc.string({ unit: fc.nat({ max: 0x10ffff }).map((code) => String.fromCodePoint(code)) }),
    fc.array(fc.oneof(line, scalar), { maxLength: 8 }).map((lines) => lines.join("\n")),
    fc
      .array(line, { maxLength: 4 })
      .map((lines) => ["table: store", "columns:", "  code: a", ...lines].join("\n")),
  );
  fc.assert(
    fc.property(text, (yaml) => {
      try {
        expect(parseMapping(yaml, "m.yaml").table).toBeTypeOf("string");
      } catch (error) {
        expect(error).toMatchObject({ code: "MAPPING_INVALID" });
        expect((error as Error).message).not.toMatch(/undefined|\[object/);
      }
    }),
    { numRuns: Number(process.env.FORECASTLAB_TEST_RUNS ?? 300) },
  );
});
