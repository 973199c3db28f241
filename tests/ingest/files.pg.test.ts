import { mkdirSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { ForecastLabError } from "../../src/errors.ts";
import { load } from "../../src/ingest/index.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { loadCsv, query, Workspace } from "./support/load.ts";

/* Which files a load reads, and the error for those it does not. */

const database = await freshDatabase();
const workspace = new Workspace();

/** The error of a load of stores, with paths shortened to the file's name. */
async function failing(files: string | string[], request: object = {}): Promise<string> {
  const named = [files].flat();
  const error = await load(database, { table: "store", files: named, again: true, ...request }).then(
    (result) => expect.fail(`loaded: ${JSON.stringify(result)}`),
    (caught) => caught,
  );
  expect(error).toBeInstanceOf(ForecastLabError);
  return `${error.code}: ${error.message.replaceAll(`${workspace.folder}/`, "")}`;
}

const stores = "code,name\nS1,Zürich\nS2,Two\n";
/** Code and name of every store in the file. They are deleted again. */
async function storesOf(content: string | Buffer, request: object = {}): Promise<object[]> {
  const result = await loadCsv(workspace, database, "store", content, { again: true, ...request });
  expect(result).toMatchObject({ published: true, rejected: 0 });
  const rows = await query(database, "SELECT code, name FROM store ORDER BY code");
  await query(database, "DELETE FROM store");
  return rows;
}
const both = [
  { code: "S1", name: "Zürich" },
  { code: "S2", name: "Two" },
];

describe("a load reads files", () => {
  const crlf = stores.replaceAll("\n", "\r\n");
  const utf16 = Buffer.from(`\ufeff${stores}`, "utf16le");
  test.for([
    ["with LF", stores, {}],
    ["with CRLF", crlf, {}],
    ["with CR only", stores.replaceAll("\n", "\r"), {}],
    ["with mixed line ends", "code,name\r\nS1,Zürich\nS2,Two", {}],
    ["without a line end at the end", stores.trimEnd(), {}],
    ["with a byte order mark", `\ufeff${stores}`, {}],
    ["with a byte order mark and CRLF", `\ufeff${crlf}`, {}],
    ["with empty lines", `\n\n${stores.replace("S2", "\nS2")}\n\n`, {}],
    ["with names in upper case and blanks around them", stores.replace("code,name", " CODE , Name "), {}],
    ["with quotes", stores.replace("Zürich", '"Zürich"'), {}],
    ["in Latin-1", Buffer.from(stores, "latin1"), { encoding: "latin-1" }],
    ["in UTF-16 with a byte order mark", utf16, {}],
    ["in UTF-16 without one", utf16.subarray(2), { encoding: "utf-16le" }],
    ["with another delimiter", stores.replaceAll(",", ";"), { delimiter: ";" }],
    ["with gzip", gzipSync(stores), {}],
    ["with gzip, in Latin-1", gzipSync(Buffer.from(stores, "latin1")), { encoding: "ISO-8859-1" }],
  ] as const)("%s", async ([, content, request]) => {
    expect(await storesOf(content, request)).toEqual(both);
  });

  test("with zstd", async () => {
    const compressed = Buffer.from("KLUv/QBY6QAAY29kZSx0aXRsZQpTMSxaw7xyaWNoClMyLFR3bwo=", "base64");
    const mapping = "table: store\ncolumns: { code: code, name: title }";
    expect(await storesOf(compressed, { mapping })).toEqual(both);
  });

  test("separated by tabs, which their name says", async () => {
    const file = workspace.write("stores.tsv", stores.replaceAll(",", "\t"));
    expect(await storesOf("", { files: [file] })).toEqual(both);
  });

  test("without a header line, with column names, delimiter and quote of the mapping", async () => {
    const mapping = `
      table: store
      format: { header: [number, city, title], delimiter: "|", quote: "'" }
      columns: { code: "'S' || number", name: title }
    `;
    expect(await storesOf("1|x|'Zürich'\n2|x|Two\n", { mapping })).toEqual(both);
    const unquoted = mapping.replace(`"'"`, `""`);
    expect(await storesOf(`1|x|Zürich\n2|x|"Two\n`, { mapping: unquoted })).toEqual([
      both[0],
      { code: "S2", name: '"Two' },
    ]);
  });

  test("with characters that windows-1252 has and Latin-1 does not", async () => {
    const bytes = Buffer.from([...Buffer.from("code,name\nS1,"), 0x80, 0x93, 0x0a]);
    expect(await storesOf(bytes, { encoding: "latin-1" })).toEqual([{ code: "S1", name: "€“" }]);
  });

  test("given by name and by pattern, in this order", async () => {
    workspace.write("many/b.csv", "code,name\nS2,b\n");
    workspace.write("many/a.csv", "name,code\na,S1\n");
    const last = workspace.write("many/z[1].csv", "code,name\nS3,z\n");
    const result = await loadCsv(workspace, database, "store", "", {
      files: [last, workspace.path("many/[ab].csv")],
      dryRun: true,
    });
    expect(result.files.map(({ path, rows }) => [basename(path), rows])).toEqual([
      ["z[1].csv", 1],
      ["a.csv", 1],
      ["b.csv", 1],
    ]);
    expect(result.inserted).toBe(3);
  });

  test("with column names that mean something to DuckDB", async () => {
    const mapping = "table: store\ncolumns: { code: rowid, name: '\"group\"' }";
    expect(await storesOf(stores.replace("code,name", "rowid,group"), { mapping })).toEqual(both);
  });

  test("through a link", async () => {
    symlinkSync(workspace.write("target.csv", stores), workspace.path("link.csv"));
    expect(await storesOf("", { files: [workspace.path("link.csv")] })).toEqual(both);
  });

  test("without rows, together with others that have some", async () => {
    const files = [workspace.csv("code,name\n"), workspace.csv(stores)];
    const result = await loadCsv(workspace, database, "store", "", { files, dryRun: true, again: true });
    expect(result.files.map(({ rows }) => rows)).toEqual([0, 2]);
  });
});

describe("a load fails with one sentence for", () => {
  test("a file that does not exist, and a pattern that matches none", async () => {
    expect(await failing(workspace.path("nowhere.csv"))).toBe(
      "FILE_NOT_FOUND: The file nowhere.csv does not exist.",
    );
    expect(await failing(workspace.path("*.nothing"))).toBe(
      "PATTERN_WITHOUT_MATCH: No file matches *.nothing.",
    );
  });

  test("a folder without files", async () => {
    mkdirSync(workspace.path("folder"));
    workspace.write("folder/_SUCCESS", "");
    expect(await failing(workspace.path("folder"))).toBe(
      "FOLDER_WITHOUT_FILES: There is no file to load in the folder folder.",
    );
  });

  test("the same file twice, even under another name", async () => {
    const file = workspace.write("twice.csv", stores);
    expect(await failing([file, workspace.path("folder/../twice.csv")])).toMatch(/^FILE_REPEATED: /);
  });

  test("an empty file, a file of empty lines, and a header without rows", async () => {
    expect(await failing(workspace.write("empty.csv", ""))).toBe("FILE_EMPTY: empty.csv is empty.");
    expect(await failing(workspace.write("blank.csv", "\n\r\n\n"))).toBe("FILE_EMPTY: blank.csv is empty.");
    expect(await failing(workspace.write("mark.csv", "\ufeff"))).toBe("FILE_EMPTY: mark.csv is empty.");
    expect(await failing(workspace.write("header.csv", "code,name\n"))).toBe(
      "FILE_HAS_NO_ROWS: header.csv has column names but no rows.",
    );
  });

  test.for([
    ["semicolons", "code;name\nS1;One\n", {}, "commas", "semicolons"],
    ["tabs", "code\tname\nS1\tOne\n", {}, "commas", "tabs"],
    ["commas instead of the tabs that were given", stores, { delimiter: "\t" }, "tabs", "commas"],
  ] as const)("a wrong delimiter: %s", async ([, content, request, is, likely]) => {
    const file = workspace.write("delimiter.csv", content);
    expect(await failing(file, request)).toBe(
      `DELIMITER_WRONG: delimiter.csv is not separated by ${is}: its header is one column, and looks separated by ${likely}.`,
    );
  });

  test("a missing column", async () => {
    expect(await failing(workspace.write("missing.csv", "code,city\nS1,Bern\n"))).toBe(
      "COLUMN_MISSING: missing.csv has no column name, which store needs.",
    );
  });

  test("an unknown column, and suggests the nearest name", async () => {
    expect(await failing(workspace.write("extra.csv", "code,name,regoin\nS1,One,N\n"))).toBe(
      "COLUMN_UNKNOWN: extra.csv has the column regoin, which store does not have (did you mean region?).",
    );
    expect(await failing(workspace.write("extra.csv", "code,name,id\nS1,One,1\n"))).toBe(
      "COLUMN_UNKNOWN: extra.csv has the column id, which store does not have.",
    );
  });

  test("an id instead of the natural key", async () => {
    const file = workspace.write("ids.csv", "date,store_id,visitors\n2024-01-01,1,5\n");
    expect(await failing(file, { table: "traffic_daily" })).toBe(
      "COLUMN_IS_ID: ids.csv gives store_id, but ids are looked up by a load and cannot be given.",
    );
  });

  test("a header that has a column twice, a column without a name or an open quote", async () => {
    expect(await failing(workspace.write("twin.csv", "code,name,CODE\nS1,One,S1\n"))).toBe(
      "HEADER_INVALID: The header of twin.csv is not valid: it has the column CODE twice.",
    );
    expect(await failing(workspace.write("nameless.csv", ",code,name\n0,S1,One\n"))).toBe(
      "HEADER_INVALID: The header of nameless.csv is not valid: column 1 of 3 has no name.",
    );
    expect(await failing(workspace.write("open.csv", 'code,"name\nS1,One\n'))).toBe(
      "HEADER_INVALID: The header of open.csv is not valid: a quote is never closed.",
    );
  });

  test("files with different columns", async () => {
    const files = [
      workspace.write("one.csv", stores),
      workspace.write("other.csv", "code,name,city\nS3,x,y\n"),
    ];
    expect(await failing(files)).toBe(
      "FILES_DIFFER: other.csv does not have the columns of one.csv: with city.",
    );
  });

  test.for([
    ["an Excel workbook", "PK\x03\x04\x14\0", "an Excel workbook or a zip archive"],
    [
      "UTF-16 without a byte order mark",
      "c\0o\0d\0e\0",
      "text in UTF-16, which is loaded with --encoding utf-16le",
    ],
    ["binary data", "\x01\x02\x03\0\0\n\0", "binary data"],
  ] as const)("%s", async ([, content, kind]) => {
    const file = workspace.write("book.csv", Buffer.from(content, "latin1"));
    expect(await failing(file)).toBe(
      `FILE_NOT_CSV: book.csv is neither CSV nor Parquet nor JSON: it looks like ${kind}.`,
    );
  });

  test("a header that is not UTF-8, text that is not UTF-16, and an encoding that does not exist", async () => {
    const latin1 = workspace.write("latin1.csv", Buffer.from("code,näme\nS1,One\n", "latin1"));
    expect(await failing(latin1)).toMatch(/^FILE_NOT_DECODABLE: latin1.csv is not utf-8 text: /);
    const odd = workspace.write("odd.csv", Buffer.from([0xff, 0xfe, 0x61, 0x00, 0x00, 0xd8, 0x61]));
    expect(await failing(odd)).toMatch(/^FILE_NOT_DECODABLE: odd.csv is not utf-16le text: /);
    expect(await failing(latin1, { encoding: "latin-one" })).toBe(
      "ENCODING_UNKNOWN: There is no text encoding latin-one.",
    );
  });

  test("a truncated gzip file", async () => {
    const file = workspace.write("cut.csv.gz", gzipSync(stores).subarray(0, 30));
    expect(await failing(file)).toMatch(/^FILE_NOT_DECOMPRESSED: cut.csv.gz cannot be decompressed: /);
  });

  test("a temporary folder that does not exist", async () => {
    const { TMPDIR = tmpdir() } = process.env;
    process.env.TMPDIR = workspace.path("no-such-folder");
    try {
      expect(await failing("x.csv")).toBe(
        "FILE_UNWRITABLE: no-such-folder cannot be written: its folder does not exist.",
      );
    } finally {
      process.env.TMPDIR = TMPDIR;
    }
  });

  test("a table that does not exist", async () => {
    expect(await failing("x.csv", { table: "stores" })).toBe(
      "TABLE_UNKNOWN: There is no table stores to load.",
    );
  });
});
