import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Engine, withEngine } from "../../src/duckdb/engine.ts";
import { partitionKeys } from "../../src/ingest/source/folders.ts";
import { ESCAPED, JsonLine, NULL } from "../../src/ingest/source/ndjson/json-line.ts";
import { type Key, readJsonLines } from "../../src/ingest/source/ndjson/json-lines.ts";
import { JsonRows } from "../../src/ingest/source/ndjson/json-rows.ts";
import { plainText, writtenText } from "../../src/ingest/source/parquet/value-text.ts";
import { kindOf } from "../../src/ingest/source/signatures.ts";

describe("the kind of a file", () => {
  test.for([
    ["sales.csv", "date,store", "csv"],
    ["sales.csv", '\n {"date":1}', "ndjson"],
    ["sales.csv", "PAR1\x15", "parquet"],
    ["sales.jsonl.gz", "nonsense", "ndjson"],
    ["sales.parquet", "nonsense", "parquet"],
    ["sales.csv", "[date],[store]", "csv"],
    ["standard input", "\ufeff{", "ndjson"],
    ["empty.json", " \n", "csv"],
    ["sales.csv", "date,_file,_record,_codes,_why\n1", "rejects"],
    ["sales.csv", "date,_file,_record,_codes,_why,_line\r\n", "rejects"],
    ["sales.csv", "date,_file,_record,_codes,_why,x\n", "csv"],
    ["sales.csv", "date\n,_file,_record,_codes,_why\n", "csv"],
    ["sales.json", "date,_file,_record,_codes,_why\n", "ndjson"],
  ] as const)("%s with %j is %s", ([path, head, kind]) => {
    expect(kindOf(path, Buffer.from(head))).toBe(kind);
  });

  test.for([
    ["x.csv", '[ {"a":1}]'],
    ["x.json", "[1]"],
  ] as const)("%s with %j is a JSON array, which is not read", ([path, head]) => {
    expect(() => kindOf(path, Buffer.from(head))).toThrow(/JSON with one object per line: it is one array/);
  });
});

describe("keys of partitioned folders", () => {
  test.for([
    ["a/year=2024/month=01/x.csv", { year: "2024", month: "01" }],
    ["a/r=S%C3%BCd/x=y=z/f=1.csv", { r: "Süd", x: "y=z" }],
    ["r=__HIVE_DEFAULT_PARTITION__/r=/100%=50%/x", { r: "", "100%": "50%" }],
    ["=1/x.csv", {}],
  ] as const)("of %s", ([path, keys]) => {
    expect(Object.fromEntries(partitionKeys(path))).toEqual(keys);
  });
});

describe("the text of Parquet's values", () => {
  const textsOf = async (engine: Engine, values: readonly string[], type: string) => {
    const rows = await engine.rows<{ text: string | null }>(`
      SELECT ${plainText("written", type)} AS text
      FROM (SELECT ${writtenText("value", type)} AS written FROM (SELECT unnest([${values.join(", ")}])::${type} AS value))
    `);
    return rows.map(({ text }) => text);
  };

  test.for([
    [
      "DOUBLE",
      ["1e-5", "1e15", "-1.5e20", "0.1", "'nan'", "'-inf'", "NULL"],
      ["0.00001", "1000000000000000", "-150000000000000000000", "0.1", "nan", "-inf", null],
    ],
    ["FLOAT", ["0.1", "1e-7", "100"], ["0.1", "0.0000001", "100"]],
    ["DECIMAL(9,2)", ["1.50"], ["1.50"]],
    ["UBIGINT", ["18446744073709551615"], ["18446744073709551615"]],
    ["BOOLEAN", ["true", "false"], ["true", "false"]],
    ["VARCHAR", ["'x'", "''"], ["x", null]],
    ["DATE", ["'2024-02-29'"], ["2024-02-29"]],
    ["TIMESTAMP", ["'2024-01-01'", "'2024-01-01 08:30:00.25'"], ["2024-01-01", "2024-01-01 08:30:00.25"]],
    [
      "TIMESTAMP WITH TIME ZONE",
      ["'2024-01-01 01:30:00+02'", "'2024-01-01 02:00:00+02'"],
      ["2023-12-31 23:30:00", "2024-01-01"],
    ],
    [
      "TIMESTAMP_NS",
      ["'2024-01-01'", "'2024-01-01 00:00:00.000000001'"],
      ["2024-01-01", "2024-01-01 00:00:00.000000001"],
    ],
    ["ENUM('a', 'b')", ["'b'"], ["b"]],
    ["STRUCT(a INTEGER[])", ["{'a': [1, 2]}"], ['{"a":[1,2]}']],
    ["INTEGER[]", ["[1, NULL]"], ["[1,null]"]],
    ["MAP(VARCHAR, INTEGER)", ["MAP {'k': 1}"], ['{"k":1}']],
  ] as const)("of %s", async ([type, values, texts]) => {
    expect(await withEngine(undefined, (engine) => textsOf(engine, values, type))).toEqual(texts);
  });

  test("of any double is plain digits that parse to the same number", async () => {
    const numbers = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), 500);
    const texts = await withEngine(undefined, (engine) =>
      textsOf(
        engine,
        numbers.map((number) => `'${number}'`),
        "DOUBLE",
      ),
    );
    for (const [index, text] of texts.entries()) {
      expect(text).toMatch(/^-?\d+(\.\d+)?$/);
      expect(Number(text)).toBe((numbers[index] ?? 0) + 0);
    }
  });
});

describe("lines of JSON", () => {
  /** The members of a line as JavaScript values, or the code of its fault. Strings keep their quotes until they are parsed. */
  function membersOf(text: string): [string, unknown][] | string {
    const [line, bytes] = [new JsonLine(), Buffer.from(text)];
    const code = line.read(bytes, 0, bytes.length);
    if (code !== undefined) return code;
    return Array.from({ length: line.count }, (_, index) => {
      const part = (start: number, end: number) => bytes.toString("utf8", start, end);
      const key = part((line.keyStart[index] ?? 0) - 1, (line.keyEnd[index] ?? 0) + 1);
      const [start, end] = [line.valueStart[index] ?? 0, line.valueEnd[index] ?? 0];
      const kind = line.kind[index] ?? NULL;
      const value = kind >= ESCAPED - 1 ? part(start - 1, end + 1) : part(start, end);
      return [JSON.parse(key), JSON.parse(value)];
    });
  }

  test("are read as JSON.parse reads them, for any values", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue()), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes("\\u0000"));
        expect(membersOf(text)).toEqual(Object.entries(JSON.parse(text)));
      }),
    );
  });

  test("are rejected exactly when JSON.parse fails", () => {
    const token = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ":",
      ",",
      '"a"',
      '"',
      "\\",
      "1",
      "-",
      "0",
      ".",
      "e",
      " ",
      "null",
      "tru",
    );
    const line = fc.array(token, { maxLength: 12 }).map((tokens) => `{"k":${tokens.join("")}}`);
    fc.assert(
      fc.property(line, (text) => {
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        expect(membersOf(text) !== "JSON_INVALID").toBe(valid);
      }),
      { numRuns: 2000 },
    );
  });

  test("become the same rows for any division of the stream into chunks", async () => {
    const lines = ['{"a":1.50,"b":"x"}', '{"b":"\\"y\\n","A":null}', " ", "{", '{"c":[1, 2]}', '{"b":"é"}'];
    const whole = Buffer.from(lines.join("\n"));
    const rowsOf = async (size: number) => {
      const keys: Key[] = ["a", "b", "c"].map((name) => ({ name, raw: Buffer.from(name) }));
      const rows = new JsonRows(3);
      const faults: string[] = [];
      const chunks = (async function* () {
        for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
      })();
      await readJsonLines(chunks, keys, {
        record: (buffer, line, members) => rows.add(buffer, line, members),
        fault: (code, bytes) => faults.push(`${code} ${bytes}`),
      });
      return { rows: rows.take().toString(), faults, multiline: rows.multiline };
    };
    for (let size = 1; size <= whole.length; size++) {
      expect(await rowsOf(size)).toEqual({
        rows: '1.50,"x",\n,"""y\n",\n,,"[1, 2]"\n,"é",\n',
        faults: ["JSON_INVALID {"],
        multiline: true,
      });
    }
  });
});
