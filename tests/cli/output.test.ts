import { describe, expect, test } from "vitest";
import { createOutput, reportFailure, table } from "../../src/cli/render/output.ts";
import { fail } from "../../src/errors.ts";
import { rememberingStreams as streams } from "./support/streams.ts";

const plain = { json: false, verbose: false };
const failure = fail("FILE_NOT_FOUND", { path: "sales.csv" }, new Error("ENOENT"));

describe("what a person sees", () => {
  test("data on stdout, notes on stderr", () => {
    const to = streams();
    const output = createOutput(plain, {}, to);
    output.line("12 rows");
    output.note("reading");
    output.result({ rows: 12 });
    expect(to.written).toEqual({ stdout: "12 rows\n", stderr: "reading\n" });
  });

  test("a failure is a sentence, its code, and what to do; no stack", () => {
    const to = streams();
    expect(reportFailure(failure, createOutput(plain, {}, to), to)).toBe(1);
    expect(to.written).toEqual({
      stdout: "",
      stderr:
        "error The file sales.csv does not exist. [FILE_NOT_FOUND]\n  Check the path; a relative one starts at the working folder.\n",
    });
  });

  test("with --verbose also where it came from", () => {
    const to = streams();
    reportFailure(failure, createOutput({ json: false, verbose: true }, {}, to), to);
    expect(to.written.stderr).toContain("caused by Error: ENOENT");
  });

  test("colours on a terminal, unless NO_COLOR says no", () => {
    const colored = (environment: NodeJS.ProcessEnv) => {
      const to = streams({ isTTY: true });
      reportFailure(failure, createOutput(plain, environment, to), to);
      return to.written.stderr.includes("\u001b[");
    };
    expect([colored({}), colored({ NO_COLOR: "1" }), colored({ TERM: "dumb" })]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test("tables line up: text left, numbers and decimals right", () => {
    expect(
      table([
        ["product", "units", "revenue"],
        ["MUG", 1234, "9.90"],
        ["JUMBO BAG", 5, "1,109.00"],
      ]),
    ).toEqual(["product    units   revenue", "MUG        1,234      9.90", "JUMBO BAG      5  1,109.00"]);
  });
});

describe("what a machine sees with --json", () => {
  const json = { json: true, verbose: false };

  test("one object on stdout and nothing else", () => {
    const to = streams();
    const output = createOutput(json, {}, to);
    output.line("12 rows");
    output.note("reading");
    output.result({ rows: 12 });
    expect(to.written).toEqual({ stdout: '{"rows":12}\n', stderr: "" });
  });

  test("a failure is such an object too", () => {
    const to = streams();
    reportFailure(failure, createOutput(json, {}, to), to);
    expect(JSON.parse(to.written.stdout)).toEqual({
      error: {
        code: "FILE_NOT_FOUND",
        message: "The file sales.csv does not exist.",
        action: "Check the path; a relative one starts at the working folder.",
        received: { path: "sales.csv" },
      },
    });
    expect(to.written.stderr).toBe("");
  });

  test("an unexpected error becomes INTERNAL, without its stack", () => {
    const to = streams();
    expect(reportFailure(new Error("boom"), createOutput(json, {}, to), to)).toBe(1);
    expect(JSON.parse(to.written.stdout).error).toMatchObject({ code: "INTERNAL" });
  });
});
