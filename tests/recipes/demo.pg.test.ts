import { afterAll, describe, expect, inject, test } from "vitest";
import { databaseOf, withClient } from "../../src/database/connection.ts";
import { forecastlab } from "../cli/support/command-line.ts";

describe("the demo", () => {
  const url = inject("servers")["18"] ?? "";
  const demo = (...args: string[]) => forecastlab(["demo", ...args], { env: { DATABASE_URL: url } });

  afterAll(() =>
    withClient(databaseOf(url), (client) =>
      client.query("DROP DATABASE IF EXISTS forecastlab_demo WITH (FORCE)"),
    ),
  );

  test("loads a month of a real shop into a database of its own and prints its figures", async () => {
    const { status, stdout, stderr } = await demo();
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/sales_txn +42,018 inserted/);
    expect(stdout).toMatch(/2010-12-06 +6 +120,187 +297,887\.54 +2\.48/);
    expect(stdout).toMatch(/1 +22423 +REGENCY CAKESTAND 3 TIER +2,036 +27,127\.31/);
  });

  test("changes nothing when it runs again", async () => {
    expect((await demo()).stdout).toMatch(/sales_txn +loaded before/);
    const { json } = await demo("--json");
    for (const { inserted, updated } of [json.calendar, ...json.loads, json.rollup]) {
      expect({ inserted, updated }).toEqual({ inserted: 0, updated: 0 });
    }
    expect(json.products).toHaveLength(10);
  });
});
