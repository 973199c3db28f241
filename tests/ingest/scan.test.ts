import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { type Engine, withEngine } from "../../src/duckdb/engine.ts";
import { tables } from "../../src/ingest/engine-tables.ts";
import { loadClock } from "../../src/ingest/phases.ts";
import { createRejectReasons } from "../../src/ingest/rows/rejects.ts";
import { countByte } from "../../src/ingest/source/csv/count-lines.ts";
import { readLayouts } from "../../src/ingest/source/headers.ts";
import { Intake } from "../../src/ingest/source/intake.ts";
import { locateFiles } from "../../src/ingest/source/locate-files.ts";
import { numbered, placesOf } from "../../src/ingest/source/record-places.ts";
import { scanFiles } from "../../src/ingest/source/scan.ts";
import { createSourceTables } from "../../src/ingest/source/source-tables.ts";
import { type Contents, contentsOfCsv } from "./support/simple-readers.ts";

const folder = mkdtempSync(join(tmpdir(), "forecastlab-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the scan makes of the same bytes, several files at once. */
async function readOf(engine: Engine, files: Buffer[]): Promise<Contents[]> {
  const paths = files.map((bytes, index) => {
    const path = join(folder, `${index}.csv`);
    writeFileSync(path, bytes);
    return path;
  });
  try {
    await readAll(engine, paths);
    const rows = await engine.rows<Record<string, number | string | null>>(`
      SELECT _file, _record, source.* EXCLUDE (own_file, own_record)
      FROM ${tables.sourceRecord} AS source JOIN ${placesOf(`SELECT _seq FROM ${tables.sourceRecord}`)} AS place USING (_seq)
      ORDER BY _seq
    `);
    expect(rows.map(({ _seq }) => _seq)).toEqual(rows.map((_, index) => index));
    const faults = await engine.rows<{ file: number; record: number }>(
      `SELECT * FROM ${tables.rejectReason} ORDER BY record`,
    );
    return paths.map((path, index) => ({
      rows: rows.filter(({ _file }) => _file === path).map(({ _file, _seq, ...row }) => Object.values(row)),
      faulty: faults.filter(({ file }) => file === index).map(({ record }) => record),
    }));
  } finally {
    await engine.run(
      `DROP VIEW ${tables.input}; DROP TABLE ${tables.sourceRecord}; DROP TABLE ${tables.malformedRecord}; DROP TABLE ${tables.sourceSegment}; DROP TABLE ${tables.sourceFile}; DROP TABLE ${tables.rejectReason}`,
    );
    const spooled = readdirSync(engine.folder).filter((name) => name.endsWith(".csv"));
    for (const name of spooled) rmSync(join(engine.folder, name));
  }
}

/** Reads all records of the files as source records, and records their structural faults as reject reasons. */
async function readAll(engine: Engine, paths: string[]): Promise<Intake> {
  const layouts = await readLayouts(engine, await locateFiles(engine, paths), {});
  const columns = layouts[0]?.columns ?? [];
  await createRejectReasons(engine);
  await createSourceTables(engine, columns, false);
  const intake = new Intake(engine, await scanFiles(engine, layouts, loadClock()), columns);
  await intake.insertAll(
    (relation, first) =>
      `INSERT INTO ${tables.sourceRecord} BY NAME SELECT * FROM ${numbered(relation, first)}`,
  );
  return intake;
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

/** Few runs by default, many by hand: RUNS=5000 npx vitest run tests/ingest/scan.test.ts */
const numRuns = Number(process.env.RUNS ?? 20);
const ends = fc.constantFrom("\n", "\r\n", "\r");

describe("scanning CSV", () => {
  test("gives each record its number and its fields, or a fault, for any bytes", async () => {
    const header = fc.constantFrom("x,y", "x,y,z", "x", '"x",y', "\ufeffx,y");
    // Without quotes, lines are counted at once, and only DuckDB finds a line with too few fields.
    const plain = fc.constantFrom("a", "1", ",", ",", ",", "\n", "\n").map((token) => Buffer.from(token));
    const pieces = fc.oneof(fc.array(piece, { maxLength: 40 }), fc.array(plain, { maxLength: 40 }));
    const file = fc.record({ end: ends, pieces });
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

  test("does so for well-formed files, which DuckDB reads without a copy", async () => {
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

  test("reads records of several lines in a file large enough for DuckDB to read in parallel, even if each line looks like a record", async () => {
    const count = 700_000;
    const line = (index: number) =>
      `${index},"line,${index}\r\n,""\n${"z".repeat(index % 60)}\n,x",${index % 7}`;
    await withEngine(undefined, async (engine) => {
      const path = join(folder, "large.csv");
      writeFileSync(path, ["x,y,z", ...Array.from({ length: count }, (_, index) => line(index))].join("\n"));
      expect((await readAll(engine, [path])).faulty).toBe(0);
      const right = "c0 = _seq AND c2 = _seq % 7 AND starts_with(c1, 'line,' || _seq)";
      expect(await engine.count(`SELECT count(*) FROM ${tables.sourceRecord} WHERE ${right}`)).toBe(count);
    });
  }, 60_000);
});

describe("counting lines at once", () => {
  test("notices a record with one field too few next to one with one field too many", async () => {
    for (const end of ["\n", "\r\n"]) {
      const lines = ["x,y,z", "1,2,3", "4,5", "6,7,8,9", "a,b,c", "4,5,6,", ",5", ""];
      await withEngine(undefined, async (engine) => {
        await expectMeaning(engine, "x,y,z", [Buffer.from(lines.join(end))]);
      });
    }
  });

  test("counts a byte correctly for any length and alignment in memory", () => {
    const bytes = fc.array(fc.constantFrom(..."a,\n\0\xac\x8a"), { maxLength: 3000 });
    fc.assert(
      fc.property(bytes, fc.nat(7), (characters, offset) => {
        const buffer = Buffer.from(characters.join(""), "latin1").subarray(offset);
        expect(countByte(buffer, 0x2c)).toBe(buffer.filter((byte) => byte === 0x2c).length);
      }),
    );
  });
});

test("the digest of a file is that of its bytes on disk, even if they are decompressed or decoded", async () => {
  const text = Buffer.from("x,y\nä,2\n");
  const latin1 = Buffer.from("x,y\nä,2\n", "latin1");
  for (const [bytes, format] of [
    [text, {}],
    [gzipSync(text), {}],
    [latin1, { encoding: "latin-1" }],
    [Buffer.from("\ufeffx,y\n1\n"), {}],
  ] as const) {
    const path = join(folder, "digest.csv");
    writeFileSync(path, bytes);
    await withEngine(undefined, async (engine) => {
      const layouts = await readLayouts(engine, await locateFiles(engine, [path]), format);
      await createRejectReasons(engine);
      await createSourceTables(engine, ["x", "y"], false);
      const [file] = await scanFiles(engine, layouts, loadClock());
      expect(file).toMatchObject({ records: 1, sha256: createHash("sha256").update(bytes).digest("hex") });
    });
  }
});

async function expectMeaning(engine: Engine, header: string, files: Buffer[]): Promise<void> {
  const mark = header.startsWith("\ufeff") ? 3 : 0;
  const expected = files.map((bytes) => {
    const { rows, faulty } = contentsOfCsv(bytes.subarray(mark), header.split(",").length);
    return { rows: rows.filter(([record]) => record !== 0), faulty };
  });
  fc.pre(expected.some(({ rows, faulty }) => rows.length + faulty.length > 0));
  expect(await readOf(engine, files)).toEqual(expected);
}
