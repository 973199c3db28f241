import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Dialect } from "../../src/ingest/source/csv/dialect.ts";
import { fieldsOf, maxRecordBytes, readRecords } from "../../src/ingest/source/csv/records.ts";

const dialect: Dialect = { delimiter: 0x2c, quote: 0x22 };

/** All records as lists of fields, faults as `CODE: line`. */
async function recordsOf(chunks: (Buffer | string)[], of: Dialect = dialect) {
  async function* stream() {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  const found: (string | string[])[] = [];
  const irregularities = await readRecords(stream(), of, {
    record: (place) => {
      const fields = fieldsOf(place, of);
      expect(fields).toHaveLength(place.fields);
      found.push(fields);
      return undefined;
    },
    fault: (code, line) => {
      found.push(`${code}: ${line}`);
    },
  });
  return { found, ...irregularities };
}

const found = async (text: string) => (await recordsOf([text])).found;

describe("records of CSV bytes", () => {
  test("end with LF, CRLF or CR, also mixed; the last may have no line end", async () => {
    const { found, lineEnds } = await recordsOf(["a,b\n1,2\r\n3,4\r5,6"]);
    expect(found).toEqual([
      ["a", "b"],
      ["1", "2"],
      ["3", "4"],
      ["5", "6"],
    ]);
    expect([...lineEnds]).toEqual(["LF", "CRLF", "CR"]);
  });

  test("do not include empty lines", async () => {
    expect(await found("\n\na,b\n\r\n1,2\n\n")).toEqual([
      ["a", "b"],
      ["1", "2"],
    ]);
  });

  test("hold line ends, delimiters and doubled quotes in quoted fields", async () => {
    expect(await found('"a ""b"", c","d\r\ne"\n')).toEqual([['a "b", c', "d\r\ne"]]);
  });

  test("keep a quote inside a field that does not start with one", async () => {
    const { found, strayQuote } = await recordsOf(['7" record, "x\n']);
    expect(found).toEqual([['7" record', ' "x']]);
    expect(strayQuote).toBe(true);
  });

  test("after an unclosed quote continue with the next line", async () => {
    expect(await found('a,b\n1,"x\n2,y\n3,"z"\n')).toEqual([
      ["a", "b"],
      'MALFORMED_QUOTE: 1,"x',
      ["2", "y"],
      ["3", "z"],
    ]);
    expect(await found('a,b\n1,"x\n2,y\n')).toEqual([["a", "b"], 'UNCLOSED_QUOTE: 1,"x', ["2", "y"]]);
  });

  test("with NUL bytes or bytes that are not UTF-8 are faults, and the others are not", async () => {
    const { found } = await recordsOf([Buffer.from('a\0,b\n\xe9,c\n"d\n\0",e\nf,é\n', "latin1")]);
    expect(found.map((record) => (Array.isArray(record) ? "sound" : record.split(":")[0]))).toEqual([
      "NUL_BYTE",
      "INVALID_UTF8",
      "NUL_BYTE",
      "INVALID_UTF8",
    ]);
    expect((await recordsOf([Buffer.from("a\0,b\né,c\n")])).found.at(-1)).toEqual(["é", "c"]);
  });

  test("are at most 1 MiB long", async () => {
    const long = "x".repeat(maxRecordBytes + 10);
    const { found } = await recordsOf([`a,b\n1,${long}`, `${long}\n2,y\n3,"${long}`, `\n${long}"\n4,z\n`]);
    const short = found.map((record) => (Array.isArray(record) ? record : record.slice(0, 17)));
    expect(short).toEqual([
      ["a", "b"],
      "RECORD_TOO_LONG: ",
      ["2", "y"],
      "UNCLOSED_QUOTE: 3",
      "RECORD_TOO_LONG: ",
      ["4", "z"],
    ]);
  });

  test("of a dialect without quoting keep their quotes", async () => {
    const { found } = await recordsOf(['"a;b"\n'], { delimiter: 0x3b, quote: undefined });
    expect(found).toEqual([['"a', 'b"']]);
  });

  test("are the same for any division of the stream into chunks", async () => {
    const byte = fc.constantFrom("a", ",", '"', "\n", "\r", "é", "\0", "\xff");
    const cuts = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.array(byte, { maxLength: 60 }), cuts, async (bytes, sizes) => {
        const whole = Buffer.concat(bytes.map((text) => Buffer.from(text, text === "é" ? "utf8" : "latin1")));
        const chunks: Buffer[] = [];
        for (let at = 0, turn = 0; at < whole.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          chunks.push(whole.subarray(at, at + size));
          at += size;
        }
        expect(await recordsOf(chunks)).toEqual(await recordsOf([whole]));
      }),
      { numRuns: 500 },
    );
  });
});
