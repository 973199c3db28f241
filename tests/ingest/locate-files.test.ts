import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { withEngine } from "../../src/duckdb/engine.ts";
import { readMapping } from "../../src/ingest/mapping.ts";
import { readLayouts } from "../../src/ingest/source/headers.ts";
import { locateFiles } from "../../src/ingest/source/locate-files.ts";
import type { SourceFile } from "../../src/ingest/source/source-file.ts";

const folder = mkdtempSync(join(tmpdir(), "forecastlab-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function locate(content: string | Buffer): Promise<SourceFile> {
  const [file] = await withEngine(undefined, (engine) => locateFiles(engine, [write("x.csv", content)]));
  return file as SourceFile;
}

const zstd = Buffer.from("KLUv/QBY6QAAY29kZSx0aXRsZQpTMSxaw7xyaWNoClMyLFR3bwo=", "base64");

describe("the head of a file", () => {
  test.for([
    ["as it is", "code,name\n", undefined, "code,name\n"],
    ["decompressed from gzip", gzipSync("code,name\n"), "gzip", "code,name\n"],
    ["decompressed from zstd", zstd, "zstd", "code,title\nS1,Zürich\nS2,Two\n"],
    ["none of a damaged gzip file", Buffer.from([0x1f, 0x8b, 7, 7, 7]), "gzip", ""],
    ["of a file shorter than any signature", "x", undefined, "x"],
  ] as const)("is its first bytes, %s", async ([, content, compression, text]) => {
    const { head, ...file } = await locate(content);
    expect(file).toMatchObject({ compression });
    expect(head.toString()).toBe(text);
  });

  test.for([
    ["4 KiB", `a,b\n${"1,2\n".repeat(5000)}`, 4096],
    ["the first line if that is longer", `${"a".repeat(5000)}\r\n1\r\n`, 5002],
    ["4 KiB if the first line is longer than 1 MiB", `${"x".repeat(2_000_000)}\n`, 4096],
  ] as const)("has %s", async ([, content, bytes]) => {
    expect((await locate(content)).head).toHaveLength(bytes);
    expect((await locate(gzipSync(content))).head).toHaveLength(bytes);
  });
});

describe("the layout of a file", () => {
  const layoutsOf = (names: string[], format = {}) =>
    withEngine(undefined, async (engine) => readLayouts(engine, await locateFiles(engine, names), format));

  test("ignores the format of the sources for a rejects file, even if its header is longer than 4 KiB", async () => {
    const columns = Array.from({ length: 1000 }, (_, index) => `column_${index}`);
    const header = [...columns, "_file", "_record", "_codes", "_why", "_line"].join(",");
    const [layout] = await layoutsOf([write("r.csv", `${header}\r\n`)], { delimiter: ";", header: ["x"] });
    expect(layout).toMatchObject({ kind: "csv", columns, hasHeader: true });
  });

  test("fails for a damaged gzip file, but first for the files before it", async () => {
    const damaged = write("damaged.csv.gz", Buffer.from([0x1f, 0x8b, 7, 7, 7]));
    const openQuote = write("open.csv", '"a\n');
    await expect(layoutsOf([damaged, openQuote])).rejects.toMatchObject({ code: "FILE_NOT_DECOMPRESSED" });
    await expect(layoutsOf([openQuote, damaged])).rejects.toMatchObject({ code: "HEADER_INVALID" });
  });
});

describe("what is no file", () => {
  const locating = (name: string) => withEngine(undefined, (engine) => locateFiles(engine, [name]));

  test.for([
    ["https://me:secret@host/a/sales.csv?sig=secret", "https://host/a/sales.csv"],
    ["s3://bucket/2024-*.csv", "s3://bucket/2024-*.csv"],
    ["gs://bucket/sales.csv", "gs://bucket/sales.csv"],
  ] as const)("%s is an address, named without its secrets", async ([name, shown]) => {
    await expect(locating(name)).rejects.toMatchObject({ code: "FILE_IS_URL", received: { path: shown } });
    await expect(readMapping(name)).rejects.toMatchObject({ code: "FILE_IS_URL", received: { path: shown } });
  });
});

describe("limits", () => {
  const layoutsOf = (names: string[]) =>
    withEngine(undefined, async (engine) => readLayouts(engine, await locateFiles(engine, names), {}));

  test("a file of 100,000 columns is refused", async () => {
    const header = Array.from({ length: 100_000 }, (_, index) => `c${index}`).join(",");
    await expect(layoutsOf([write("wide.csv", `${header}\n`)])).rejects.toMatchObject({
      code: "COLUMNS_TOO_MANY",
      received: { columns: 100_000, limit: 10_000 },
    });
  });

  test("90,000 keys of JSON objects are refused at the first thousand", async () => {
    const lines = Array.from({ length: 90_000 }, (_, index) => `{"k${index}":1}`).join("\n");
    await expect(layoutsOf([write("keys.ndjson", lines)])).rejects.toMatchObject({ code: "JSON_NOT_LINES" });
  });
});
