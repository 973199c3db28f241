import { describe, expect, test } from "vitest";
import { catalog, type ErrorCode, fail, rejectCodes } from "../src/errors.ts";

describe("the error catalog", () => {
  const entries = Object.entries(catalog);

  test("is what docs/errors.md says (npx vitest run tests/errors.test.ts -u writes it)", async () => {
    const exits = { 1: "1", 2: "2 (usage)", 3: "3 (rejects, drift or a leak)" };
    const page = [
      "# Errors",
      "",
      "Every failure has a code that does not change, a sentence with what was received, and what to do. The command line",
      "adds the flag or command that does it. `--json` prints",
      '`{"error": {"code", "message", "action", "received"}}`. Exit codes: 1 a handled failure, 2 wrong usage,',
      "3 rejects over the limit, drift or a leak found; 128 + the signal's number when interrupted.",
      "",
      ...entries.flatMap(([code, { exit, http, message, action, ...entry }]) => [
        `## ${code}`,
        "",
        `> ${message}`,
        "",
        action,
        "",
        ...("cli" in entry ? [`On the command line: ${entry.cli}`, ""] : []),
        `Exit code ${exits[exit]}, HTTP ${http}.`,
        "",
      ]),
      "# Rejects",
      "",
      "A rejected row of a load is in the rejects file, with one of these codes for each of its faults.",
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

  test.for(entries)(
    "%s: what to do names no flag or command of ours, except for the command line",
    ([, entry]) => {
      const ours = /(^|[\s(])--[a-z]|forecastlab [a-z]|the command with/;
      // Options of npm are not ours.
      const text = `${entry.message} ${entry.action}`.replaceAll(/--save-dev|--omit=optional/g, "");
      expect(text).not.toMatch(ours);
      if ("cli" in entry) expect(entry.cli).toMatch(/--[a-z]|forecastlab [a-z]/);
    },
  );

  test("the command line's advice is kept apart from what a machine sees", () => {
    const error = fail("SCHEMA_MISSING", { reason: "no table store" });
    expect(error.cli).toBe("Run: forecastlab upgrade");
    expect(JSON.stringify(error)).not.toContain("forecastlab upgrade");
  });

  test("what was received is in the sentence and, for machines, next to it", () => {
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
