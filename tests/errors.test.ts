import { describe, expect, test } from "vitest";
import { catalogue, type ErrorCode, fail, rejectCodes } from "../src/errors.ts";

describe("the error catalogue", () => {
  const entries = Object.entries(catalogue);

  test("is what docs/errors.md says (npx vitest run tests/errors.test.ts -u writes it)", async () => {
    const exits = { 1: "1", 2: "2 (usage)", 3: "3 (rejects or drift)" };
    const page = [
      "# Errors",
      "",
      "Every failure has a code that does not change, a sentence with what was received, and what to do. `--json` prints",
      '`{"error": {"code", "message", "action", "received"}}`. Exit codes: 1 a handled failure, 2 wrong usage,',
      "3 rejects over the limit or drift found; 128 + the signal's number when interrupted.",
      "",
      ...entries.flatMap(([code, { exit, http, message, action }]) => [
        `## ${code}`,
        "",
        `> ${message}`,
        "",
        `${action}`,
        "",
        `Exit code ${exits[exit]}, HTTP ${http}.`,
        "",
      ]),
      "# Rejects",
      "",
      "A row of a load that is faulty is listed in the rejects file with one of these codes, once for each fault.",
      "",
      "| code | meaning |",
      "|---|---|",
      ...Object.entries(rejectCodes).map(([code, meaning]) => `| ${code} | ${meaning} |`),
      "",
    ];
    await expect(page.join("\n")).toMatchFileSnapshot("../docs/errors.md");
  });

  test.for(entries)("%s: a sentence and something to do", ([, { message, action }]) => {
    expect(message).toMatch(/[.}]$/);
    expect(action).toMatch(/^[A-Z{].*[^,;]$/s);
  });

  test("what was received stands in the sentence and, for machines, beside it", () => {
    const error = fail("FILE_NOT_FOUND", { path: "sales.csv" });
    expect(error.message).toBe("The file sales.csv does not exist.");
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: "FILE_NOT_FOUND" satisfies ErrorCode,
      message: error.message,
      action: error.action,
      received: { path: "sales.csv" },
    });
  });

  test("a value that looks like a placeholder is not filled in again", () => {
    expect(fail("FILE_NOT_FOUND", { path: "{reason}.csv" }).message).toContain("{reason}.csv");
  });
});
