import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { basename } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { ForecastLabError } from "../../src/errors.ts";
import { faultsOf, Workspace } from "./support/load.ts";
import { writeRows } from "./support/parquet.ts";
import { type Validated, type ValidateOptions, validate } from "./support/validate.ts";

/* File formats other than CSV, and folders. */

const workspace = new Workspace();

/** Validates files of daily sales. */
const validateSales = (files: string[], options: ValidateOptions = {}): Promise<Validated> =>
  validate(workspace, "sales_daily", "", { files, ...options });

/** All valid rows as `date store sku quantity price`. */
const sales = ({ rows }: Validated): string[] =>
  rows
    .map(({ date, store_id, product_id, quantity, unit_price }) =>
      [date, `S${store_id}`, product_id === "1" ? "A" : "B", quantity, unit_price].join(" "),
    )
    .sort();

async function failing(files: string[], table = "sales_daily"): Promise<string> {
  const error = await validate(workspace, table, "", { files }).then(
    (result) => expect.fail(`validated: ${JSON.stringify(result)}`),
    (caught) => caught,
  );
  expect(error).toBeInstanceOf(ForecastLabError);
  return `${error.code}: ${error.message.replaceAll(`${workspace.folder}/`, "")}`;
}

const header = "date,store_code,sku,quantity,unit_price,total_amount";
const object = (date: string, sku = "A") =>
  `{"date":"${date}","store_code":"S1","sku":"${sku}","quantity":2,"unit_price":1.50,"total_amount":3.00}`;
const twoDays = `${object("2024-01-01")}\n${object("2024-01-02")}\n`;
const two = ["2024-01-01 S1 A 2 1.50", "2024-01-02 S1 A 2 1.50"];
const parquetRows = (date: string) =>
  `SELECT ${date} AS date, 'S1' AS store_code, 'A' AS sku, 2 AS quantity, 1.5 AS unit_price, 3.0::DOUBLE AS total_amount`;

describe("NDJSON", () => {
  test.for([
    ["because of its content, with any name", "sales.txt", twoDays],
    [
      "with CRLF, empty lines and no line end at the end",
      "a.ndjson",
      `\n${twoDays.trimEnd().replace("\n", "\r\n \r\n")}`,
    ],
    ["with a byte order mark", "b.jsonl", `\ufeff${twoDays}`],
    ["in UTF-16", "c.json", Buffer.from(`\ufeff${twoDays}`, "utf16le")],
    ["with gzip", "d.json.gz", gzipSync(twoDays)],
    [
      "with keys in another order and blanks",
      "e.json",
      `${object("2024-01-01")}
      { "sku" : "A", "STORE_CODE":"S1", "date":"2024-01-02","unit_price":1.50,"quantity":2, "total_amount":3 }`,
    ],
  ] as const)("is read %s", async ([, name, content]) => {
    const result = await validateSales([workspace.write(name, content)]);
    expect(result).toMatchObject({ accepted: 2, rejected: 0 });
    expect(sales(result)).toEqual(two);
  });

  test("gives mappings every value as it is written, and NULL if a key is missing or null", async () => {
    const lines = [
      `{"a":1.50,"b":12345678901234567890.10,"c":true,"d":[1.0, {"x":"y\\"z"}],"e":"S\\u00fc\\n,\\"d\\""}`,
      `{"a":null,"f":"1e5","b":-0}`,
    ];
    const file = workspace.write("values.ndjson", lines.join("\n"));
    const mapping = `
      table: store
      columns:
        code: "'V' || _record"
        name: "concat_ws('|', a, b, c, d, e, f)"
    `;
    const { rows } = await validate(workspace, "store", "", { files: [file], mapping });
    expect(rows.map(({ name }) => ({ name }))).toEqual([
      { name: `1.50|12345678901234567890.10|true|[1.0, {"x":"y\\"z"}]|Sü\n,"d"` },
      { name: "-0|1e5" },
    ]);
  });

  test("rejects lines that are not one object with their record number, and loads the others", async () => {
    const lines = [
      object("2024-01-01"),
      object("2024-01-02").slice(0, -1),
      "[1]",
      '{"date":"2024-01-03","date":"2024-01-04"}',
      '{"sku":"a\\u0000"}',
      '{"quantity":01}',
      '{"sku":"\\ud800"}',
      object("2024-02-30"),
    ];
    const result = await validateSales([workspace.write("faulty.ndjson", lines.join("\n"))]);
    expect(result).toMatchObject({ source_rows: 8, read: 8, accepted: 1, rejected: 7 });
    expect(faultsOf(result)).toEqual([
      `2  JSON_INVALID ${lines[1]}`,
      "3  JSON_INVALID [1]",
      `4  JSON_INVALID ${lines[3]}`,
      `5  NUL_BYTE ${lines[4]}`,
      `6  JSON_INVALID ${lines[5]}`,
      `7  JSON_INVALID ${lines[6]}`,
      "8 date DATE_INVALID 2024-02-30",
    ]);
    expect(result.rejects[2]?.message).toBe("the object has the key date twice");
  });

  test("of several files has the keys of all of them", async () => {
    const files = [
      workspace.write("k/a.ndjson", `${object("2024-01-01")}\n`),
      workspace.write("k/b.ndjson", '{"date":"2024-01-02","store_code":"S1","sku":"A","quantity":5}\n'),
    ];
    expect(faultsOf(await validateSales(files))).toEqual([
      "1 unit_price VALUE_MISSING",
      "1 total_amount VALUE_MISSING",
    ]);
  });

  test.for([
    ["an array", `[${object("2024-01-01")}]`, "it is one array"],
    ["one object over many lines", '{\n"date":\n"2024-01-01"}', "none of its lines is an object with keys"],
  ] as const)("is not %s", async ([, content, problem]) => {
    expect(await failing([workspace.write("x.json", content)])).toBe(
      `JSON_NOT_LINES: x.json is not JSON with one object per line: ${problem}.`,
    );
  });
});

describe("Parquet", () => {
  test.for([
    ["DATE", "DATE '2024-01-01'"],
    ["TIMESTAMP", "TIMESTAMP '2024-01-01'"],
    ["VARCHAR", "'2024-01-01'"],
  ] as const)("is read with dates of type %s", async ([type, date]) => {
    const file = await writeRows(parquetRows(date), workspace.path(`${type}.parquet`));
    expect(sales(await validateSales([file]))).toEqual(["2024-01-01 S1 A 2 1.50"]);
  });

  test("is read in the order of its rows, so that record numbers are right", async () => {
    const rows = `${parquetRows("(DATE '2024-01-01' + i::INT)::VARCHAR")} FROM range(130000) AS t(i)`;
    const file = await writeRows(
      rows.replace("2 AS quantity", "IF(i = 125000, -1, 2) AS quantity"),
      workspace.path("order.parquet"),
    );
    const mapping = `
      table: sales_daily
      filter: quantity = '-1'
      columns: { date: date, store_code: store_code, sku: sku, quantity: quantity, unit_price: unit_price, total_amount: total_amount }
    `;
    const result = await validateSales([file], { mapping });
    expect(result).toMatchObject({ source_rows: 130_000, filtered: 129_999, rejected: 1 });
    expect(result.rejects[0]?.record).toBe(125_001);
  });

  test("is read if compressed as a whole, through a link, and with a name that looks like a pattern", async () => {
    const bytes = readFileSync(
      await writeRows(parquetRows("DATE '2024-01-01'"), workspace.path("p.parquet")),
    );
    const packed = workspace.write("p.parquet.gz", gzipSync(bytes));
    expect(await validateSales([packed])).toMatchObject({ accepted: 1 });
    symlinkSync(workspace.write("odd[1]*.parquet", bytes), workspace.path("odd-link.parquet"));
    expect(await validateSales([workspace.path("odd[1]*.parquet")])).toMatchObject({ accepted: 1 });
    expect(await validateSales([workspace.path("odd-link.parquet")])).toMatchObject({ accepted: 1 });
  });

  test("that is truncated, damaged, encrypted, without rows or with a binary column fails with one sentence", async () => {
    const path = await writeRows(
      `${parquetRows("DATE '2024-01-01'")} FROM range(1000)`,
      workspace.path("whole.parquet"),
    );
    const whole = readFileSync(path);
    const damaged = Buffer.from(whole).fill(7, 4, 200);
    const encrypted = Buffer.from(whole);
    for (const at of [0, whole.length - 4]) encrypted.write("PARE", at);
    const unreadable = (name: string, reason: string) =>
      `PARQUET_UNREADABLE: ${name} cannot be read as Parquet: ${reason}.`;
    const file = (name: string, bytes: Buffer) => failing([workspace.write(name, bytes)]);
    expect(await file("cut.parquet", whole.subarray(0, -20))).toBe(
      unreadable("cut.parquet", "it ends too early or is damaged"),
    );
    expect(await file("magic.parquet", Buffer.from("PAR1"))).toBe(
      unreadable("magic.parquet", "it ends too early or is damaged"),
    );
    expect(await file("damaged.parquet", damaged)).toBe(unreadable("damaged.parquet", "it is damaged"));
    expect(await file("encrypted.parquet", encrypted)).toBe(
      unreadable("encrypted.parquet", "it is encrypted"),
    );
    const none = await writeRows(
      `${parquetRows("DATE '2024-01-01'")} WHERE false`,
      workspace.path("none.parquet"),
    );
    expect(await failing([none])).toBe("FILE_HAS_NO_ROWS: none.parquet has column names but no rows.");
    const bytes = parquetRows("DATE '2024-01-01'").replace("'A' AS", "'A'::BLOB AS");
    expect(await failing([await writeRows(bytes, workspace.path("bytes.parquet"))])).toBe(
      "COLUMN_IS_BINARY: The column sku of bytes.parquet holds bytes, not text.",
    );
  });
});

describe("files of one load", () => {
  test("may have different formats if they have the same columns, in any order", async () => {
    const files = [
      workspace.write(
        "mixed.csv",
        "sku,date,store_code,quantity,unit_price,total_amount\nA,2024-01-01,S1,2,1.50,3\n",
      ),
      workspace.write("mixed.ndjson", object("2024-01-02")),
      await writeRows(parquetRows("DATE '2024-01-03'"), workspace.path("mixed.parquet")),
    ];
    expect(sales(await validateSales(files))).toEqual([...two, "2024-01-03 S1 A 2 1.50"]);
  });
});

describe("zstd", () => {
  test("is read as DuckDB writes it and in several frames, and refused if truncated", async () => {
    const rows = "SELECT 'Z' || i AS code, 'n' || hash(i) AS name FROM range(20000) AS t(i)";
    const path = await writeRows(rows, workspace.path("z.csv.zst"), "FORMAT csv, COMPRESSION zstd");
    const frame = readFileSync(path);
    const more = readFileSync(
      await writeRows(
        "SELECT 'Y' AS code, 'y' AS name",
        workspace.path("y.zst"),
        "FORMAT csv, HEADER false, COMPRESSION zstd",
      ),
    );
    const skipped = Buffer.from("502a4d180400000061626364", "hex");
    const files = [workspace.write("frames.csv.zst", Buffer.concat([skipped, frame, more]))];
    expect(await validate(workspace, "store", "", { files })).toMatchObject({ accepted: 20_001 });
    expect(await failing([workspace.write("cut.csv.zst", frame.subarray(0, -9))], "store")).toMatch(
      /^FILE_NOT_DECOMPRESSED: cut\.csv\.zst /,
    );
  });
});

describe("a folder", () => {
  const csv = (date: string) => `${header}\n${date},S1,A,2,1.50,3.00\n`;

  test("means all files below it, sorted by path, without hidden ones and those other tools write", async () => {
    workspace.write("tree/b/2.csv", csv("2024-01-02"));
    workspace.write("tree/a/1.csv", csv("2024-01-01"));
    for (const name of ["_SUCCESS", ".x.csv.crc", "_temporary/0.csv", ".git/config"]) {
      workspace.write(`tree/${name}`, "no data");
    }
    const named = await validateSales([workspace.path("tree")]);
    expect(named.files.map((path) => basename(path))).toEqual(["1.csv", "2.csv"]);
    expect(sales(named)).toEqual(two);
    const pattern = await validateSales([workspace.path("tree/**")]);
    expect(pattern.files).toEqual(named.files);
  });

  test("with key=value names gives columns, also for a pattern and a single file; columns in the file override them", async () => {
    workspace.write(
      "hive/store_code=S1/sku=A/x.csv",
      "date,quantity,unit_price,total_amount\n2024-01-01,2,1.50,3\n",
    );
    workspace.write(
      "hive/store_code=S%31/sku=B/x.csv",
      "date,quantity,unit_price,total_amount\n2024-01-02,2,1.50,3\n",
    );
    const json = workspace.write("hive/store_code=S2/sku=A/x.ndjson", object("2024-01-03", "B"));
    const columns = "DATE '2024-01-04' AS date, 2 AS quantity, 1.5 AS unit_price, 3 AS total_amount";
    mkdirSync(workspace.path("hive/store_code=S2/sku=B"));
    await writeRows(`SELECT ${columns}`, workspace.path("hive/store_code=S2/sku=B/x.parquet"));
    const rows = [
      "2024-01-01 S1 A 2 1.50",
      "2024-01-02 S1 B 2 1.50",
      "2024-01-03 S1 B 2 1.50",
      "2024-01-04 S2 B 2 1.50",
    ];
    expect(sales(await validateSales([workspace.path("hive")]))).toEqual(rows);
    expect(sales(await validateSales([workspace.path("hive/*/sku=A/*.csv")]))).toEqual(rows.slice(0, 1));
    expect(sales(await validateSales([json]))).toEqual(rows.slice(2, 3));
  });

  test("with a key that the table does not have is loaded without it; a mapping may use it", async () => {
    workspace.write("by/year=2024/region=__HIVE_DEFAULT_PARTITION__/x.csv", csv("2024-01-01"));
    workspace.write("by/year=2024/region=S%C3%BCd/x.csv", csv("2024-01-02"));
    expect(await validateSales([workspace.path("by")])).toMatchObject({ accepted: 2, rejected: 0 });
    const mapping = `
      table: store
      columns: { code: "'R' || _record || coalesce(region, 'none')", name: year }
      collapse: { name: max(name) }
    `;
    const { rows } = await validate(workspace, "store", "", { files: [workspace.path("by")], mapping });
    expect(rows.map(({ code, name }) => ({ code, name }))).toEqual([
      { code: "R1Süd", name: "2024" },
      { code: "R1none", name: "2024" },
    ]);
  });

  test("of a Delta table is refused, because it may hold deleted rows", async () => {
    workspace.write("delta/_delta_log/0.json", "{}");
    expect(await failing([workspace.path("delta")])).toMatch(
      /^FOLDER_IS_TABLE: The folder delta is a Delta Lake table/,
    );
  });
});
