import { isUtf8 } from "node:buffer";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { type Engine, withEngine } from "../../src/ingest/engine.ts";
import { locateFiles } from "../../src/ingest/files.ts";
import { readLayouts } from "../../src/ingest/layout.ts";
import { createPlaces } from "../../src/ingest/map.ts";
import { createSourceTables, readSources } from "../../src/ingest/read.ts";
import { createFaults } from "../../src/ingest/rejects.ts";

const folder = mkdtempSync(join(tmpdir(), "forecastlab-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Contents {
  /** [record, values…] of each sound record; an empty field is null. */
  rows: (number | string | null)[][];
  /** Numbers of the faulty records. */
  faulty: number[];
}

/** What CSV means, told again with regular expressions over one-byte characters. */
function meaningOf(bytes: Buffer, fields: number): Contents {
  const text = bytes.toString("latin1");
  const field = /"((?:[^"]|"")*)"|([^",\r\n][^,\r\n]*)|/y;
  const contents: Contents = { rows: [], faulty: [] };
  let [at, record] = [0, 0];
  while (at < text.length) {
    const lineEnd = /\r\n|\r|\n/y;
    lineEnd.lastIndex = at;
    if (lineEnd.test(text)) {
      at = lineEnd.lastIndex;
      continue;
    }
    const values: (string | null)[] = [];
    let end = at;
    for (;;) {
      field.lastIndex = end;
      const [whole = "", quoted, plain] = field.exec(text) ?? [];
      values.push(Buffer.from(quoted?.replaceAll('""', '"') ?? plain ?? "", "latin1").toString() || null);
      end += whole.length;
      if (text[end] !== ",") break;
      end++;
    }
    const closed = end === text.length || /[\r\n]/.test(text[end] ?? "");
    const next = closed ? end : at + (/[\r\n]|$/.exec(text.slice(at))?.index ?? 0);
    const textual = isUtf8(bytes.subarray(at, next)) && !bytes.subarray(at, next).includes(0);
    if (closed && textual && values.length === fields) contents.rows.push([record, ...values]);
    else if (record > 0) contents.faulty.push(record);
    record++;
    at = next;
  }
  return contents;
}

/** What the platform reads of the same bytes, several files at once. */
async function readOf(engine: Engine, files: Buffer[]): Promise<Contents[]> {
  const paths = files.map((bytes, index) => {
    const path = join(folder, `${index}.csv`);
    writeFileSync(path, bytes);
    return path;
  });
  const layouts = await readLayouts(await locateFiles(engine, paths), {});
  await createFaults(engine);
  await createSourceTables(engine, layouts[0]?.columns ?? []);
  await createPlaces(engine, paths);
  try {
    await readSources(engine, layouts);
    const rows = await engine.rows<Record<string, number | string | null>>(
      "SELECT _file, _record, source.* FROM source JOIN place ON _seq = source.rowid ORDER BY source.rowid",
    );
    const faults = await engine.rows<{ file: number; record: number }>("SELECT * FROM fault ORDER BY record");
    return paths.map((path, index) => ({
      rows: rows.filter(({ _file }) => _file === path).map((row) => Object.values(row).slice(1)),
      faulty: faults.filter(({ file }) => file === index).map(({ record }) => record),
    }));
  } finally {
    await engine.run(
      "DROP VIEW place; DROP TABLE source; DROP TABLE segment; DROP TABLE fault; DROP TABLE source_file",
    );
    const spooled = readdirSync(engine.folder).filter((name) => name.endsWith(".csv"));
    for (const name of spooled) rmSync(join(engine.folder, name));
  }
}

const tokens = [
  "a",
  "b ",
  "12",
  ",",
  ",",
  ",",
  '"',
  '"',
  '""',
  "\n",
  "\n",
  "\r\n",
  "\r",
  " ",
  "é",
  "\0",
  "\xff",
];
const piece = fc
  .constantFrom(...tokens)
  .map((token) => Buffer.from(token, token === "\xff" ? "latin1" : "utf8"));

/** Few runs on every test run, many by hand: RUNS=5000 npx vitest run tests/unit/ingest-read.test.ts */
const numRuns = Number(process.env.RUNS ?? 20);
const ends = fc.constantFrom("\n", "\r\n", "\r");

describe("reading CSV", () => {
  test("gives each record its number and its fields, or a fault, whatever the bytes", async () => {
    const header = fc.constantFrom("x,y", "x,y,z", "x", '"x",y', "\ufeffx,y");
    const file = fc.record({ end: ends, pieces: fc.array(piece, { maxLength: 40 }) });
    await withEngine(undefined, async (engine) => {
      await fc.assert(
        fc.asyncProperty(header, fc.array(file, { minLength: 1, maxLength: 12 }), async (names, files) => {
          const written = files.map(({ end, pieces }) =>
            Buffer.concat([Buffer.from(names + end), ...pieces]),
          );
          await expectMeaning(engine, names, written);
        }),
        { numRuns },
      );
    });
  }, 600_000);

  test("well-formed files too, which DuckDB reads as they are", async () => {
    const values = [
      "",
      "a",
      " b",
      "c ",
      "  ",
      "1,5",
      'say "hi"',
      "two\nlines",
      "2\r\nlines",
      "\r",
      "é",
      "#",
      "\\",
    ];
    const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const row = fc
      .array(fc.constantFrom(...values), { minLength: 3, maxLength: 3 })
      .map((fields) => fields.map(quoted).join(","));
    const file = fc.record({
      rows: fc.array(row, { minLength: 1, maxLength: 12 }),
      end: ends,
      last: fc.boolean(),
    });
    await withEngine(undefined, async (engine) => {
      await fc.assert(
        fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 12 }), async (files) => {
          const written = files.map(
            ({ rows, end, last }) => ["x,y,z", ...rows].join(end) + (last ? end : ""),
          );
          await expectMeaning(
            engine,
            "x,y,z",
            written.map((text) => Buffer.from(text)),
          );
        }),
        { numRuns },
      );
    });
  }, 600_000);

  test("records of several lines, which look like records themselves, in a file DuckDB would read in parallel", async () => {
    const count = 700_000;
    const line = (index: number) =>
      `${index},"line,${index}\r\n,""\n${"z".repeat(index % 60)}\n,x",${index % 7}`;
    await withEngine(undefined, async (engine) => {
      const path = join(folder, "large.csv");
      writeFileSync(path, ["x,y,z", ...Array.from({ length: count }, (_, index) => line(index))].join("\n"));
      const layouts = await readLayouts(await locateFiles(engine, [path]), {});
      await createFaults(engine);
      await createSourceTables(engine, ["x", "y", "z"]);
      expect(await readSources(engine, layouts)).toMatchObject([{ records: count, faulty: 0 }]);
      const right = "c0 = rowid AND c2 = rowid % 7 AND starts_with(c1, 'line,' || rowid)";
      expect(await engine.count(`SELECT count(*) FROM source WHERE ${right}`)).toBe(count);
    });
  }, 60_000);
});

async function expectMeaning(engine: Engine, header: string, files: Buffer[]): Promise<void> {
  const mark = header.startsWith("\ufeff") ? 3 : 0;
  const expected = files.map((bytes) => {
    const { rows, faulty } = meaningOf(bytes.subarray(mark), header.split(",").length);
    return { rows: rows.filter(([record]) => record !== 0), faulty };
  });
  fc.pre(expected.some(({ rows, faulty }) => rows.length + faulty.length > 0));
  expect(await readOf(engine, files)).toEqual(expected);
}
