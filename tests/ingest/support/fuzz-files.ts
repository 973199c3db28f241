import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect } from "vitest";
import type { Database } from "../../../src/database/connection.ts";
import { outcomeOf, storeColumns, storedStores } from "./fuzz-outcome.ts";
import { query, type Workspace } from "./load.ts";
import { contentsOfCsv, linesOfNdjson } from "./simple-readers.ts";

/* Random CSV and NDJSON files of stores. */

type Row = readonly (string | null)[];

/** How long the values of stores may be, and which must not be empty. */
const limits = [20, 100, 50];
const required = [true, true, false];

/** The rows that a load of stores keeps, and how many rows it rejects and folds into others. */
function expectedOf(rows: readonly Row[], faulty: number) {
  const fits = (row: Row) =>
    row.every((value, index) =>
      value === null ? !required[index] : [...value].length <= (limits[index] as number),
    );
  const groups = new Map<string, string[]>();
  for (const row of rows.filter(fits)) {
    const code = row[0] as string;
    groups.set(code, [...(groups.get(code) ?? []), JSON.stringify(row)]);
  }
  const equal = [...groups.values()].filter((group) => new Set(group).size === 1);
  return {
    stored: equal.map(([row]) => row as string).sort(),
    duplicates: equal.reduce((sum, group) => sum + group.length - 1, 0),
    rejected: faulty + rows.length - equal.reduce((sum, group) => sum + group.length, 0),
    read: rows.length + faulty,
  };
}

/** Loads a file of stores into the empty table, and compares with what a simple reader found. */
async function loadsStores(
  database: Database,
  workspace: Workspace,
  file: { path: string; rows: readonly Row[]; faulty: number; delimiter?: string },
): Promise<void> {
  const rejects = workspace.path(`rejects-of-${Math.random()}.csv`);
  await query(database, "TRUNCATE store CASCADE");
  const request = { table: "store", rejects, maxRejects: { percent: 100 } };
  const result = await outcomeOf(database, {
    ...{ ...request, files: [file.path], delimiter: file.delimiter },
  });
  const { stored, ...counts } = expectedOf(file.rows, file.faulty);
  if (counts.read === 0) {
    expect(result).toBe("FILE_HAS_NO_ROWS");
    return;
  }
  expect(result).toMatchObject({ ...counts, inserted: stored.length });
  expect(await storedStores(database)).toEqual(stored);
  if (counts.rejected === 0) return;
  // Nothing in the rejects file is fixed, so all of it is rejected again.
  const again = await outcomeOf(database, { ...request, files: [rejects], rejects: `${rejects}.2` });
  expect(again).toMatchObject({ read: counts.rejected, rejected: counts.rejected });
  const rowsOf = (path: string) => readFileSync(path, "latin1").split("\n").length;
  expect(rowsOf(`${rejects}.2`)).toBe(rowsOf(rejects));
  expect(await storedStores(database)).toEqual(stored);
}

/** Any code point, halves of surrogate pairs too. */
const character = fc.nat({ max: 0x10ffff }).map((code) => String.fromCodePoint(code));
const byte = fc.integer({ min: 0, max: 255 }).map((code) => Buffer.from([code]));
const textOf = (...texts: string[]) => fc.constantFrom(...texts).map((text) => Buffer.from(text));
const wide = fc.string({ unit: character, maxLength: 60 }).map((text) => Buffer.from(text));
const joined = (pieces: fc.Arbitrary<Buffer>, maxLength: number) =>
  fc.array(pieces, { maxLength }).map((parts) => Buffer.concat(parts));

/** Inserts, overwrites or removes a few bytes anywhere. */
const damaged = (bytes: fc.Arbitrary<Buffer>) =>
  fc
    .tuple(bytes, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 2 }), byte), { maxLength: 3 }))
    .map(([sound, changes]) =>
      changes.reduce((buffer, [position, kind, by]) => {
        const at = position % (buffer.length + 1);
        const [before, after] = [buffer.subarray(0, at), buffer.subarray(at + (kind === 0 ? 0 : 1))];
        return Buffer.concat(kind === 2 ? [before, after] : [before, by, after]);
      }, sound),
    );

const value = fc.oneof(
  {
    weight: 8,
    arbitrary: textOf("S1", "S2", "S3", "Paris", "", "", '"a ""b"""', '"x\ny"', " x ", "é", "\u{1f600}"),
  },
  { weight: 1, arbitrary: wide },
  {
    weight: 1,
    arbitrary: textOf(
      "x".repeat(20),
      "x".repeat(21),
      "é".repeat(50),
      "\u{1f600}".repeat(51),
      "y".repeat(101),
    ),
  },
);

/** Most rows have the three fields of the header. */
const row = fc.oneof(
  { weight: 9, arbitrary: fc.tuple(value, value, value) },
  { weight: 1, arbitrary: fc.array(value, { minLength: 1, maxLength: 4 }) },
);

/** A CSV file of stores: a sound header, then anything. */
export const csvFile = fc
  .record({
    mark: fc.constantFrom("", "", "\ufeff"),
    delimiter: fc.constantFrom(",", ",", ";", "\t", "|"),
    end: fc.constantFrom("\n", "\n", "\r\n", "\r"),
    rows: fc.array(row, { maxLength: 12 }),
    tail: fc.oneof(fc.constant(Buffer.alloc(0)), joined(fc.oneof(byte, value), 20)),
  })
  .chain(({ mark, delimiter, end, rows, tail }) => {
    const lines = rows.map((row) => `${row.map((field) => field.toString("latin1")).join(delimiter)}${end}`);
    const body = Buffer.concat([Buffer.from(lines.join(""), "latin1"), tail]);
    const header = Buffer.from(`${mark}${storeColumns.join(delimiter)}${end}`);
    return damaged(fc.constant(body)).map((bytes) => ({ delimiter, header, body: bytes }));
  });

export async function csvAgrees(
  database: Database,
  workspace: Workspace,
  { delimiter, header, body }: { delimiter: string; header: Buffer; body: Buffer },
): Promise<void> {
  const bytes = Buffer.concat([header, body]);
  const marked = bytes[0] === 0xef ? 3 : 0;
  const { rows, faulty } = contentsOfCsv(bytes.subarray(marked), storeColumns.length, delimiter);
  const found = rows.slice(1).map(([, ...values]) => values as Row);
  const path = workspace.csv(bytes);
  await loadsStores(database, workspace, { path, rows: found, faulty: faulty.length, delimiter });
}

const jsonText = fc.oneof(
  fc.constantFrom("S1", "S2", "S3", "", "a\tb", 'q"q', "x".repeat(21), "\u{1f600}"),
  fc.string({ unit: character, maxLength: 12 }),
);
const jsonValue = fc.oneof(
  { weight: 6, arbitrary: jsonText.map((text) => JSON.stringify(text)) },
  {
    weight: 3,
    arbitrary: fc.constantFrom("1", "1.50", "-0", "1e5", "true", "null", '"\\u0041"', '"\\ud800"'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "[1, 2]",
      '{"a": {"b": "]"}}',
      "[]",
      "01",
      "tru",
      "'x'",
      '"\\u0000"',
      '["\\u0000"]',
    ),
  },
);
const jsonKey = fc.constantFrom(
  '"code"',
  '"code"',
  '"name"',
  '"name"',
  '"city"',
  '"CODE"',
  '" city "',
  '"n\\u0061me"',
);
const blank = fc.constantFrom("", "", "", " ", "\t", " \r");
const jsonLine = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(
        fc.constantFrom('"S1"', '"S2"', '"S3"', "4"),
        fc.constantFrom('"x"', '"x"', '"y"'),
        jsonValue,
        blank,
      )
      .map(([code, name, city, gap]) => `${gap}{"code":${code},${gap}"name":${name}, "city":${city}}${gap}`),
  },
  {
    weight: 4,
    arbitrary: fc
      .array(fc.tuple(jsonKey, jsonValue, blank), { maxLength: 4 })
      .map((members) => `{${members.map(([key, text, gap]) => `${key}${gap}:${text}${gap}`).join(",")}}`),
  },
  { weight: 1, arbitrary: fc.constantFrom("", "  ", "[1]", "null", "{}", "{", "x") },
);

/** An NDJSON file of stores: a sound line, then anything. */
export const ndjsonFile = damaged(
  fc.array(jsonLine, { maxLength: 12 }).map((lines) => Buffer.from(`${lines.join("\n")}\n`)),
).map((body) => Buffer.concat([Buffer.from('{"code":"S0","name":"zero","city":null}\n'), body]));

export async function ndjsonAgrees(database: Database, workspace: Workspace, bytes: Buffer): Promise<void> {
  const lines = linesOfNdjson(bytes);
  const sound = lines.filter((line) => line !== null);
  const path = workspace.write(`file-${Math.random()}.ndjson`, bytes);
  if (sound.some((line) => [...line.keys()].some((key) => !storeColumns.includes(key)))) {
    const outcome = await outcomeOf(database, { table: "store", files: [path], dryRun: true });
    expect(["COLUMN_UNKNOWN", "COLUMN_IS_ID", "HEADER_INVALID"]).toContain(outcome);
    return;
  }
  const rows = sound.map((line) => storeColumns.map((name) => line.get(name) ?? null));
  await loadsStores(database, workspace, { path, rows, faulty: lines.length - sound.length });
}
