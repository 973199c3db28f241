import { describe, expect, test } from "vitest";
import { fillCalendar } from "../../src/calendar/index.ts";
import { withClient } from "../../src/database/connection.ts";
import { freshDatabase, rowsOf } from "../support/warehouse.ts";

describe("filling the calendar", async () => {
  const database = await freshDatabase();
  const fill = (from: string, to: string, country?: string) =>
    fillCalendar(database, { from, to, region: country ? { country } : undefined });
  const day = (date: string) =>
    withClient(database, async (client) => {
      const [row] = await rowsOf<Record<string, unknown>>(client, "SELECT * FROM calendar WHERE date = $1", [
        date,
      ]);
      return row;
    });

  test("writes every day once, leap days included, and nothing the second time", async () => {
    expect(await fill("2024-01-01", "2024-12-31", "GB")).toMatchObject({
      days: 366,
      inserted: 366,
      unchanged: 0,
    });
    const before = await day("2024-02-29");
    expect(await fill("2024-01-01", "2024-12-31", "GB")).toMatchObject({
      inserted: 0,
      updated: 0,
      unchanged: 366,
    });
    expect(await day("2024-02-29")).toEqual(before);
  });

  test("the parts of a date are those that the warehouse checks", async () => {
    expect(await day("2024-12-25")).toMatchObject({
      date: "2024-12-25",
      day_of_week: 2,
      month: 12,
      quarter: 4,
      year: 2024,
      is_holiday: true,
      holiday_name: "Christmas Day",
    });
  });

  test("a longer range adds only the days that are missing", async () => {
    expect(await fill("2023-12-30", "2024-01-02", "GB")).toMatchObject({
      inserted: 2,
      updated: 0,
      unchanged: 2,
    });
  });

  test("another country's holidays replace those of the range, and of no other day", async () => {
    expect(await fill("2024-12-01", "2024-12-31", "US")).toMatchObject({
      inserted: 0,
      updated: 1,
      holidays: 1,
    });
    expect(await day("2024-12-26")).toMatchObject({ is_holiday: false, holiday_name: null });
    expect(await day("2024-01-01")).toMatchObject({ is_holiday: true });
  });

  test("without a country, days that exist keep their holidays", async () => {
    expect(await fill("2024-01-01", "2024-01-31")).toMatchObject({ updated: 0, unchanged: 31, holidays: 1 });
  });

  test("the time zone of the database does not shift or drop a day", async () => {
    await withClient(database, async (client) => {
      const [row] = await rowsOf<{ name: string }>(client, "SELECT current_database() AS name");
      await client.query(`ALTER DATABASE ${row?.name} SET timezone = 'America/Sao_Paulo'`);
    });
    expect(await fill("2018-10-01", "2018-11-30")).toMatchObject({ inserted: 61 });
    // Each day once, in order: none was shifted to its neighbor.
    const days = await withClient(database, (client) =>
      rowsOf<{ date: string }>(
        client,
        "SELECT date FROM calendar WHERE date BETWEEN '2018-10-01' AND '2018-11-30' ORDER BY date",
      ),
    );
    expect([days[0]?.date, days.length, days.at(-1)?.date]).toEqual(["2018-10-01", 61, "2018-11-30"]);
  });

  test("a range that ends before it begins, or a day that does not exist, is refused", async () => {
    await expect(fill("2024-02-01", "2024-01-31")).rejects.toMatchObject({
      code: "DATE_RANGE_INVALID",
      exitCode: 2,
    });
    await expect(fill("2024-02-30", "2024-03-31")).rejects.toMatchObject({
      code: "DATE_INVALID",
      message: "The first day is not a date: 2024-02-30.",
    });
  });

  test.each([
    ["1899-12-31", "1900-01-31", "32 days; it reaches beyond the years 1900 to 2200"],
    ["2200-12-01", "2201-01-01", "32 days; it reaches beyond the years 1900 to 2200"],
    ["0001-01-01", "9999-12-31", "3652059 days; it reaches beyond the years 1900 to 2200"],
    ["2000-01-01", "2100-01-01", "36526 days; it is longer than 100 years"],
  ])("the unusual range %s to %s is refused unless it is forced", async (from, to, what) => {
    await expect(fill(from, to)).rejects.toMatchObject({
      code: "CALENDAR_RANGE_UNUSUAL",
      message: `The range ${from} to ${to} has ${what}.`,
    });
  });

  test("a forced range beyond the usual years is filled, without a country", async () => {
    const range = { from: "1899-12-30", to: "1899-12-31", force: true };
    expect(await fillCalendar(database, range)).toMatchObject({ inserted: 2 });
    await expect(fillCalendar(database, { ...range, region: { country: "GB" } })).rejects.toMatchObject({
      code: "HOLIDAY_YEARS_UNSUPPORTED",
    });
  });

  test("100 years are not unusual", async () => {
    expect(await fill("1901-01-01", "2000-12-31")).toMatchObject({ days: 36525, inserted: 36525 });
  });
});
