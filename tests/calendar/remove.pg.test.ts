import { describe, expect, test } from "vitest";
import { fillCalendar, removeDays } from "../../src/calendar/index.ts";
import { forecastlab } from "../cli/support/command-line.ts";
import { fillDimensions, query } from "../ingest/support/load.ts";
import { freshDatabase, serverVersions, urlOf } from "../support/warehouse.ts";

describe.each(serverVersions())("removing days on PostgreSQL %s", async (server) => {
  const database = await freshDatabase({ server });
  // 2024-01-01 to 2024-02-29.
  await fillDimensions(database);
  await query(
    database,
    `CREATE TABLE sales_daily_2024_01 PARTITION OF sales_daily FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')`,
  );
  await query(
    database,
    `INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount)
     SELECT '2024-01-10', store.id, product.id, 1, 1, 1 FROM store, product`,
  );
  await query(
    database,
    `INSERT INTO traffic_daily (date, store_id, visitors) SELECT '2024-01-12', min(id), 3 FROM store`,
  );
  const days = async () => {
    const [row] = await query<{ days: number }>(database, "SELECT count(*)::int AS days FROM calendar");
    return row?.days;
  };

  test("all or none: facts of partitioned and other tables keep the whole range, and are counted by table", async () => {
    await expect(removeDays(database, { from: "2024-01-01", to: "2024-02-29" })).rejects.toMatchObject({
      code: "CALENDAR_RANGE_IN_USE",
      message:
        "The days from 2024-01-01 to 2024-02-29 are in use and none was removed: sales_daily (4 rows), traffic_daily (1 row).",
    });
    expect(await days()).toBe(60);
  });

  test("force does not remove days with facts", async () => {
    const range = { from: "2024-01-12", to: "2024-01-12", force: true };
    await expect(removeDays(database, range)).rejects.toMatchObject({ code: "CALENDAR_RANGE_IN_USE" });
  });

  test("a table of somebody else that refers to the calendar counts as well", async () => {
    await query(database, `CREATE SCHEMA "Own notes"`);
    await query(database, `CREATE TABLE "Own notes"."the note" ("on day" date REFERENCES calendar (date))`);
    await query(database, `INSERT INTO "Own notes"."the note" VALUES ('2024-02-02')`);
    await expect(removeDays(database, { from: "2024-02-01", to: "2024-02-03" })).rejects.toMatchObject({
      message: expect.stringContaining("none was removed: the note (1 row)."),
    });
    await query(database, `DROP SCHEMA "Own notes" CASCADE`);
  });

  test("a dry run counts and removes nothing; then the days are gone, and the second time there are none", async () => {
    const range = { from: "2024-02-28", to: "2024-03-31" };
    expect(await removeDays(database, { ...range, dryRun: true })).toEqual({
      ...range,
      removed: 2,
      dry_run: true,
    });
    expect(await days()).toBe(60);
    expect(await removeDays(database, range)).toEqual({ ...range, removed: 2, dry_run: false });
    expect(await days()).toBe(58);
    expect(await removeDays(database, range)).toMatchObject({ removed: 0 });
  });

  test("holidays stay unless they are forced", async () => {
    const range = { from: "2030-12-01", to: "2030-12-31" };
    await fillCalendar(database, { ...range, region: { country: "GB" } });
    await expect(removeDays(database, range)).rejects.toMatchObject({
      message: expect.stringContaining("holidays of calendar (2 rows)"),
    });
    expect(await removeDays(database, { ...range, force: true })).toMatchObject({ removed: 31 });
  });
});

describe("forecastlab calendar --remove", async () => {
  const database = await freshDatabase();
  const run = (...args: string[]) =>
    forecastlab(["calendar", ...args], { env: { DATABASE_URL: urlOf(database) } });
  const range = ["--from", "2090-01-01", "--to", "2090-01-10"];

  test("says what would be removed and what was", async () => {
    await run(...range);
    const dry = await run("--remove", ...range, "--dry-run");
    expect([dry.status, dry.stdout]).toEqual([0, "10 days would be removed from 2090-01-01 to 2090-01-10\n"]);
    const { status, json } = await run("--remove", ...range, "--json");
    expect([status, json]).toEqual([
      0,
      { from: "2090-01-01", to: "2090-01-10", removed: 10, dry_run: false },
    ]);
  });

  test("an unusual range names the flag", async () => {
    const { status, stderr } = await run("--from", "0001-01-01", "--to", "9999-12-31");
    expect(status).toBe(2);
    expect(stderr).toContain("The flag is --force.");
  });

  test.each([
    [[...range, "--dry-run"], "--dry-run needs --remove."],
    [["--remove", ...range, "--country", "GB"], "--remove and --country cannot be combined."],
  ])("%j is refused", async (args, problem) => {
    const { status, stderr } = await run(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(problem);
  });
});
