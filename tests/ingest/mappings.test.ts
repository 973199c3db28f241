import { describe, expect, test } from "vitest";
import { ForecastLabError } from "../../src/errors.ts";
import { faultsOf, Workspace } from "./support/load.ts";
import { type Validated, validate } from "./support/validate.ts";

/* Mappings: expressions, filters and collapse; see docs/mappings.md. */

const workspace = new Workspace();

/** A mapping for stores with this expression for the name. */
const named = (expression: string) => `
  table: store
  columns:
    code: Code
    name: |-
      ${expression.replaceAll("\n", "\n      ")}
`;
const stores = ["Code,Name,No", "N1,one,1", "N2,two,2", "N3,,n/a"];
const validateStores = (mapping: string) => validate(workspace, "store", stores, { mapping });

async function failing(work: Promise<Validated>): Promise<string> {
  const error = await work.then(
    (result) => expect.fail(`validated: ${JSON.stringify(result)}`),
    (caught) => caught,
  );
  if (!(error instanceof ForecastLabError)) throw error;
  return `${error.code}: ${error.message}`;
}

describe("expressions", () => {
  test.for([
    ["a constant", "'Shop'"],
    ["a function of several columns", "coalesce(Name, 'Shop ' || Code)"],
    ["typed values", "CAST(CAST('2024-01-05' AS DATE) AS VARCHAR) || TRY_CAST(No AS INTEGER) || true"],
    ["a comment at the end", "'Shop' -- and that is it"],
    ["a comment with a bracket", "'Shop' /* ) */"],
    ["a semicolon inside quotes", "'a; b)'"],
    ["the file and the record", "regexp_extract(_file, '[^/]+$') || ' ' || _record"],
    ["a window over the rows", "'Shop ' || row_number() OVER (ORDER BY _record DESC)"],
    ["a padded text", "lpad(No, 8, '0') || repeat('-', 3) || printf('%05d', length(Code))"],
    [
      "a lambda",
      "array_to_string([upper(word[1]) || word[2:] for word in string_split(coalesce(Name, 'x'), ' ')], ' ')",
    ],
    ["a word of SQL that looks like a column", "CAST(current_date > DATE '2020-01-01' AS VARCHAR)"],
    ["a template", "replace(replace('{a} of {b}', '{a}', coalesce(Name, '')), '{b}', Code)"],
    ["a key of an encoded text", "md5(hex(Code)) || to_base64(encode(Code)) || levenshtein(Code, 'N1')"],
    ["CASE", "CASE WHEN Name IS NULL THEN 'none' ELSE upper(Name) END"],
  ] as const)("may be %s", async ([, expression]) => {
    const result = await validateStores(named(expression));
    if (!expression.includes("TRY_CAST")) expect(faultsOf(result)).toEqual([]);
    expect(result.read).toBe(3);
  });

  test.for([
    ["two statements", "1; DROP TABLE store", "syntax error"],
    ["an open bracket", "(Name", "it ends too early: a bracket is never closed"],
    ["an open quote", "'Name", "a quote is never closed"],
    ["a bracket that closes the surrounding one", "Name) FROM input; --", "syntax error"],
    ["brackets that close and open the surrounding one", "Name) || (Name", "syntax error"],
    ["several values", "Name, Code", "it is more than one expression"],
    ["a subquery", "(SELECT 1)", "it holds a subquery"],
    ["a file read by a subquery", "(SELECT content FROM read_text('/etc/passwd'))", "it holds a subquery"],
    ["a star", "COLUMNS(*)", "it holds * or COLUMNS"],
    ["a parameter", "$1", "it holds a parameter"],
    ["a column that is not there", "Nmae", "there is no column Nmae (did you mean Name?)"],
    [
      "a text without quotes",
      "Shop1",
      `there is no column Shop1 (a text needs quotes within quotes: "'Shop1'")`,
    ],
    ["an aggregate", "max(Name)", "max is an aggregate, which belongs in collapse"],
    ["unnest", "unnest([Name, Code])", "it holds unnest, which makes several rows of one"],
    ["a wait", "pg_sleep(1)", "it holds pg_sleep, which only waits"],
    ["a position", "#1", "it holds a position such as #1"],
    ["a row number of the engine", "_seq", "it holds _seq, an internal row number"],
    ["a row number of DuckDB", "rowid", "it holds rowid, an internal row number"],
    ["a table", "input", "it names a table, input"],
    ["a column of a table", "input.Name", "it names a table, input; write the column alone: Name"],
    ["a table function", "read_text('/etc/passwd')", "read_text makes rows"],
    ["a text of any length", "repeat('x', CAST(No AS INTEGER))", "the second argument of repeat must be"],
    ["a very long text", "lpad(Name, 2000000000, '0')", "the second argument of lpad must be a number of"],
    ["a repetition of repetitions", "repeat(repeat('x', 900), 900)", "its repetitions multiply to 810000"],
    ["a wide format", "printf('%999999999d', 1)", "with widths below 1000"],
    ["a list of any length", "range(1000000000000)::VARCHAR", "it holds range, which makes a list of any"],
    ["a growing reduction", "list_reduce(['x', 'y'], (a, b) -> a || a)", "it holds list_reduce"],
    [
      "a product of lists",
      "list_transform([1], a -> list_transform([1], b -> a))::VARCHAR",
      "it holds a lambda inside a lambda",
    ],
    [
      "a bit string of any length",
      "bitstring('1', 1000000000)",
      "it holds bitstring, which makes a value of any",
    ],
    ["bins of any number", "equi_width_bins(0, 1, 1000000000, true)::VARCHAR", "it holds equi_width_bins"],
    ["all rows for each row", "(list(Name) OVER ())[1]", "it holds list as a window function"],
    ["a large array", "(NULL::INTEGER[900][900])[1][1]", "it casts to an array of more than 1000 elements"],
    ["a list of a long text", "list_sort(string_split(repeat(Name, 1000), ''))[1]", "larger than the record"],
    [
      "replacements by columns in each other",
      "replace(replace(replace(Name, 'a', Name), 'b', Name), 'c', Name)",
      "larger than the record",
    ],
    [
      "replacements between all characters",
      "regexp_replace(regexp_replace(Name, '', Name, 'g'), '', Name, 'g')",
      "larger than the record",
    ],
    ["encodings of encodings", "hex(hex(hex(hex(repeat(Name, 100)))))", "larger than the record"],
    ["a long comparison", "levenshtein(repeat(Name, 300), Name)::VARCHAR", "levenshtein takes too long"],
    ["a function that does not exist", "shout(Name)", "shout does not exist"],
    ["types that do not go together", "Name + 1", "No function matches"],
    ["only a comment", "-- nothing", "it ends too early"],
  ] as const)("may not be %s", async ([, expression, reason]) => {
    const message = await failing(validateStores(named(expression)));
    expect(message).toMatch(/^MAPPING_EXPRESSION_INVALID: The mapping's expression for name is not valid: /);
    expect(message).toContain(reason);
    expect(message).not.toContain("\n");
  });

  test("that fail for a row reject it, with the values that they read; other columns are still validated", async () => {
    const mapping = `
      table: sales_daily
      filter: CAST(keep AS INTEGER) > 0
      columns:
        date: day
        store_code: store
        sku: item
        quantity: CAST(n AS INTEGER)
        unit_price: CAST(amount AS DECIMAL(10, 2)) / CAST(n AS INTEGER)
        total_amount: amount
    `;
    const result = await validate(
      workspace,
      "sales_daily",
      [
        "keep,day,store,item,n,amount",
        "1,2024-01-01,S1,A,2,3.00",
        "1,2024-01-02,S1,A,two,3.00",
        "0,2024-01-03,S1,A,two,3.00",
        "x,2024-01-04,S1,A,2,3.00",
        "1,2024-01-32,S1,Z,1,$3",
      ],
      { mapping },
    );
    expect(faultsOf(result)).toEqual([
      "2 quantity EXPRESSION_FAILED n=two",
      "2 unit_price EXPRESSION_FAILED amount=3.00, n=two",
      "4 filter EXPRESSION_FAILED keep=x",
      "5 date DATE_INVALID 2024-01-32",
      "5 sku UNKNOWN_PRODUCT Z",
      "5 unit_price EXPRESSION_FAILED amount=$3, n=1",
      "5 total_amount NUMBER_INVALID $3",
    ]);
    expect(result).toMatchObject({ source_rows: 5, filtered: 1, read: 4, rejected: 3, accepted: 1 });
  });

  test("that fail say why, with the value", async () => {
    const mapping = "table: calendar\ncolumns:\n  date: strptime(d, '%d/%m/%Y')::DATE";
    const lines = ["d", "31/01/2024", "1/31/2024", "x"];
    const result = await validate(workspace, "calendar", lines, { mapping });
    expect(result.rejects.map(({ value, message }) => [value, message])).toEqual([
      [
        "d=1/31/2024",
        `the mapping's expression fails: Could not parse string "1/31/2024" according to format specifier "%d/%m/%Y"`,
      ],
      [
        "d=x",
        `the mapping's expression fails: Could not parse string "x" according to format specifier "%d/%m/%Y"`,
      ],
    ]);
    const filtered = `${named("Name")}\n  filter: CAST(No AS INTEGER) > 0`;
    expect((await validateStores(filtered)).rejects[0]?.message).toBe(
      "the mapping's expression fails: Could not convert string 'n/a' to INT32 when casting from source column No",
    );
  });

  test("that are not valid are named at once", async () => {
    const mapping = `${named("Nmae || Cdoe")}\n    city: unnest([1])\n  filter: max(No) = '1'`;
    expect(await failing(validateStores(mapping))).toBe(
      "MAPPING_EXPRESSION_INVALID: The mapping's expression for name is not valid: there is no column Nmae (did you mean Name?), and there is no column Cdoe (did you mean Code?); that for city: it holds unnest, which makes several rows of one; a load makes one row of each record; that for filter: max is an aggregate, and a filter sees one row.",
    );
  });

  test("with a window function that fail end the load with an error that names the column", async () => {
    expect(await failing(validateStores(named("'x' || sum(CAST(No AS INTEGER)) OVER ()")))).toBe(
      "MAPPING_EXPRESSION_FAILED: The mapping's expression for name fails: Could not convert string 'n/a' to INT32 when casting from source column No.",
    );
  });

  test("a mapping for another table is refused", async () => {
    expect(await failing(validate(workspace, "product", stores, { mapping: named("Name") }))).toBe(
      "MAPPING_INVALID: The mapping test.yaml is not valid: it is for store, not for product.",
    );
  });
});

describe("a filter", () => {
  test("leaves out rows for which it is false or NULL, and counts them", async () => {
    const result = await validateStores(`${named("Name")}\n  filter: Name <> 'one'`);
    expect(result).toMatchObject({ source_rows: 3, filtered: 2, read: 1, accepted: 1, rejected: 0 });
  });

  test("does not leave out malformed records", async () => {
    const lines = [...stores, "N4"];
    const mapping = `${named("Name")}\n  filter: "false"`;
    const result = await validate(workspace, "store", lines, { mapping });
    expect(result).toMatchObject({ source_rows: 4, filtered: 3, read: 1, rejected: 1 });
  });

  test.for(["Name", "Name || 'x'", "[1]", "DATE '2024-01-01'"])(
    "must be a condition, not %s",
    async (filter) => {
      expect(
        await failing(validateStores(`${named("Name")}\n  filter: ${JSON.stringify(filter)}`)),
      ).toContain(
        "expression for filter is not valid: its values are not true or false, so it is not a condition",
      );
    },
  );

  test("must not hold a window function", async () => {
    expect(await failing(validateStores(`${named("Name")}\n  filter: row_number() OVER () = 1`))).toContain(
      "expression for filter is not valid: it holds a window function",
    );
  });
});

describe("collapse", () => {
  const daily = `
    table: sales_daily
    columns:
      date: left(sold_at, 10)
      store_code: store
      sku: item
      quantity: n
      unit_price: price
      total_amount: CAST(n AS INTEGER) * CAST(price AS DECIMAL(10, 2))
    collapse:
      quantity: sum(quantity)
      unit_price: round(sum(total_amount) / nullif(sum(quantity), 0), 2)
      total_amount: sum(total_amount)
  `;
  const header = "sold_at,store,item,n,price";
  const sold = [
    header,
    "2024-01-01 08:00,S1,A,2,1.50",
    "2024-01-01 09:00,S1,A,1,1.20",
    "2024-01-02 08:00,S1,A,1,1.50",
  ];

  test("aggregates rows of one grain, exactly, and counts the others as duplicates", async () => {
    const result = await validate(workspace, "sales_daily", sold, { mapping: daily });
    expect(result).toMatchObject({ read: 3, accepted: 2, duplicates: 1, rejected: 0 });
    expect(result.rows).toMatchObject([
      { quantity: "3", unit_price: "1.40", total_amount: "4.20" },
      { quantity: "1", unit_price: "1.50", total_amount: "1.50" },
    ]);
  });

  test("an invalid row rejects its group, because a sum of the others would be wrong", async () => {
    const lines = [...sold, "2024-01-01 10:00,S1,A,x,1.50", "2024-01-05,S9,A,1,1.50"];
    const result = await validate(workspace, "sales_daily", lines, { mapping: daily });
    expect(faultsOf(result)).toEqual([
      "1  GROUP_INCOMPLETE 2024-01-01, S1, A",
      "2  GROUP_INCOMPLETE 2024-01-01, S1, A",
      "4 quantity INTEGER_INVALID x",
      "4 total_amount EXPRESSION_FAILED n=x, price=1.50",
      "5 store_code UNKNOWN_STORE S9",
    ]);
    expect(result).toMatchObject({ read: 5, rejected: 4, accepted: 1 });
  });

  test("an aggregate is validated as a value of its column", async () => {
    const lines = [header, "2024-01-01,S1,A,2,1.50", "2024-01-01,S1,A,-5,1.50"];
    const result = await validate(workspace, "sales_daily", lines, { mapping: daily });
    expect(faultsOf(result)).toEqual(["1 quantity CHECK_FAILED -3", "1 total_amount CHECK_FAILED -4.50"]);
    expect(result).toMatchObject({ read: 2, rejected: 1, duplicates: 1 });
    const mean = daily.replace("round(sum(total_amount) / nullif(sum(quantity), 0), 2)", "avg(unit_price)");
    const thirds = [header, "2024-01-01,S1,A,1,1.00", "2024-01-01,S1,A,1,1.00", "2024-01-01,S1,A,1,1.01"];
    const imprecise = await validate(workspace, "sales_daily", thirds, { mapping: mean });
    expect(imprecise.rejects).toMatchObject([{ column: "unit_price", code: "NUMBER_TOO_PRECISE" }]);
  });

  test("columns without an aggregate must be equal", async () => {
    const mapping = daily.replace(/ +unit_price: round.*\n/, "");
    const result = await validate(workspace, "sales_daily", sold, { mapping });
    expect(faultsOf(result)).toEqual([
      "1 date, store_code, sku DUPLICATE_GRAIN 2024-01-01, S1, A",
      "2 date, store_code, sku DUPLICATE_GRAIN 2024-01-01, S1, A",
    ]);
  });

  test("first, last and mode use the order of rows, so that loading again changes nothing", async () => {
    const rows = Array.from(
      { length: 3000 },
      (_, index) => `P${index % 300},name ${Math.floor(index / 300)}`,
    );
    const lines = ["sku,name", ...rows];
    for (const [aggregate, expected] of [
      ["first(name)", "name 0"],
      ["last(name)", "name 9"],
      ["mode(name)", "name 0"],
      ["arg_max(name, _record)", "name 9"],
    ] as const) {
      const mapping = `table: product\ncolumns: { sku: sku, name: name }\ncollapse: { name: "${aggregate}" }`;
      const first = await validate(workspace, "product", lines, { mapping });
      expect(first).toMatchObject({ read: 3000, accepted: 300 });
      expect(first.rows[0]).toMatchObject({ sku: "P0", name: expected });
      expect((await validate(workspace, "product", lines, { mapping })).rows).toEqual(first.rows);
    }
  });

  test.for([
    ["a plain column", "name", "must appear in the GROUP BY clause"],
    ["an unknown column", "max(nmae)", "there is no column nmae (did you mean name?)"],
    ["more than one", "max(name), min(name)", "it is more than one expression"],
  ] as const)("%s is refused", async ([, aggregate, reason]) => {
    const message = await failing(validateStores(`${named("Name")}\n  collapse: { name: "${aggregate}" }`));
    expect(message).toMatch(/^MAPPING_EXPRESSION_INVALID: The mapping's expression for collapse.name /);
    expect(message).toContain(reason);
  });

  test("an aggregate that fails is an error that names the column", async () => {
    const mapping = `${named("coalesce(Name, 'x')")}\n  collapse: { name: "'a' || sum(CAST(name AS INTEGER))" }`;
    expect(await failing(validateStores(mapping))).toMatch(
      /^MAPPING_EXPRESSION_FAILED: The mapping's expression for collapse.name fails: Could not convert string/,
    );
  });
});
