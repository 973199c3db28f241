import { beforeAll, describe, expect, test } from "vitest";
import { withClient } from "../../src/database/connection.ts";
import { buildFrame, type FrameRequest, type Manifest, parseSpec } from "../../src/frame/index.ts";
import { query, Workspace } from "../ingest/support/load.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { fillFiveMonths } from "./support/five-months.ts";
import { fillWarehouse, type Warehouse } from "./support/warehouse.ts";
import { dayAfter } from "./support/warehouses.ts";

const workspace = new Workspace();
let frames = 0;
const [database, other] = [await freshDatabase(), await freshDatabase()];

async function manifestOf(
  request: Partial<FrameRequest> & { readonly yaml?: string },
  of = database,
): Promise<Manifest> {
  const { yaml, ...rest } = request;
  const { manifest } = await buildFrame(of, {
    ...{ cutoff: "2024-03-31", horizon: 7, out: workspace.path(`f${++frames}.csv`) },
    ...(yaml === undefined ? {} : { spec: parseSpec(yaml, "test.yaml") }),
    ...rest,
  });
  return manifest;
}
const namesIn = ({ columns }: Manifest) => columns.map(({ name }) => name);
const leftOut = ({ left_out }: Manifest) => left_out.flatMap(({ columns }) => columns ?? []);

describe("a default frame", () => {
  beforeAll(() => fillFiveMonths(database));

  test("leaves out by name what its history cannot fill, and says how much there is", async () => {
    const manifest = await manifestOf({});
    expect(leftOut(manifest)).toContain("y_lag_364");
    expect(namesIn(manifest)).not.toContain("y_lag_364");
    const lag = manifest.left_out.find(({ columns }) => columns?.includes("y_lag_364"));
    expect(lag).toMatchObject({
      driver: "sales",
      reason: expect.stringMatching(/^it needs 364 days of history, and there are \d\d$/),
    });
    expect(namesIn(manifest)).toContain("y_lag_28");
  });

  test("leaves out attributes that nothing has, and keeps those that something has", async () => {
    const manifest = await manifestOf({});
    expect(leftOut(manifest)).toEqual(
      expect.arrayContaining(["store_city", "store_type", "category", "brand", "base_cost"]),
    );
    expect(namesIn(manifest)).toEqual(
      expect.arrayContaining(["store_region", "base_price", "relative_price"]),
    );
    expect(leftOut(await manifestOf({ yaml: "{ version: 1, series: { store: { code: S2 } } }" }))).toContain(
      "store_region",
    );
  });

  test("has no column that is empty, but for plans", async () => {
    const { columns, counts } = await manifestOf({});
    const empty = columns.filter(
      ({ statistics, class: known }) =>
        known !== "future" && statistics.training?.nulls === counts.training_rows,
    );
    expect(empty.map(({ name }) => name)).toEqual([]);
  });

  test("says nothing of values after the cutoff", async () => {
    const before = await manifestOf({});
    await query(database, "UPDATE weather_daily SET humidity_avg_pct = 50 WHERE date = '2024-04-10'");
    try {
      const after = await manifestOf({});
      expect(after.left_out).toEqual(before.left_out);
      const humidity = after.left_out.find(({ columns }) => columns?.includes("humidity_avg_pct_lag_7"));
      expect(humidity?.reason).toBe("the selected stores and products have no values of it up to the cutoff");
    } finally {
      await query(database, "UPDATE weather_daily SET humidity_avg_pct = NULL");
    }
  });

  test("keeps what a spec names; the spec of a manifest makes the same frame again", async () => {
    const named = await manifestOf({ yaml: "{ version: 1, lags: [364], drivers: [store, calendar] }" });
    expect(namesIn(named)).toEqual(expect.arrayContaining(["y_lag_364", "store_city", "store_type"]));
    const manifest = await manifestOf({});
    const again = await manifestOf({ yaml: JSON.stringify(manifest.spec) });
    expect(again.spec_sha256).toBe(manifest.spec_sha256);
    expect(again.columns).toEqual(manifest.columns);
    expect(again.left_out).toEqual(manifest.left_out);
  });

  test("has no holiday columns if the calendar has no holidays, and offers them", async () => {
    await query(database, "UPDATE calendar SET is_holiday = false, holiday_name = NULL");
    try {
      const manifest = await manifestOf({});
      expect(leftOut(manifest)).toEqual(
        expect.arrayContaining(["is_holiday", "holiday_name", "days_to_holiday", "days_since_holiday"]),
      );
      expect(manifest.offers).toContainEqual({
        driver: "calendar",
        reason: expect.stringContaining("no holidays"),
      });
    } finally {
      await query(
        database,
        "UPDATE calendar SET is_holiday = true, holiday_name = 'The 20th' WHERE extract(day FROM date) = 20",
      );
    }
  });

  test("offers the price that was paid if there is no list price; a spec adds it to the default drivers", async () => {
    expect((await manifestOf({})).offers).toEqual([]);
    const without = await manifestOf({ yaml: "{ version: 1, drivers: [calendar] }" });
    expect(without.offers).toEqual([
      { driver: "observed_price", reason: "sales have the amount that was paid" },
    ]);
    const added = await manifestOf({ yaml: "{ version: 1, add_drivers: [observed_price] }" });
    expect(namesIn(added)).toEqual(
      expect.arrayContaining(["list_price", "observed_price_lag_7", "observed_price_mean_28_lag_7"]),
    );
    expect(() => parseSpec("{ version: 1, add_drivers: [observd_price] }", "s.yaml")).toThrow(
      /did you mean observed_price/,
    );
    await expect(
      manifestOf({ yaml: "{ version: 1, drivers: [store], add_drivers: [observed_price] }" }),
    ).rejects.toMatchObject({
      code: "FRAME_SPEC_INVALID",
    });
  });

  test("counts values of each column in both frames", async () => {
    const { columns, counts } = await manifestOf({});
    const statistics = (name: string) => columns.find((column) => column.name === name)?.statistics;
    expect(statistics("store_code")?.training).toEqual({ nulls: 0, min: "S1", max: "S2", distinct: 2 });
    expect(statistics("ds")?.training).toMatchObject({ nulls: 0, max: "2024-03-31", distinct: null });
    expect(statistics("ds")?.future).toMatchObject({ min: "2024-04-01", max: "2024-04-07" });
    expect(statistics("day_of_week")?.training).toEqual({ nulls: 0, min: 0, max: 6, distinct: 7 });
    expect(statistics("is_weekend")?.training).toEqual({ nulls: 0, min: false, max: true, distinct: 2 });
    expect(statistics("unique_id")?.training).toMatchObject({ distinct: counts.series });
    expect(statistics("horizon_step")).toEqual({ future: { nulls: 0, min: 1, max: 7, distinct: 7 } });
    expect(statistics("y_lag_28")?.training?.nulls).toBe(28 * counts.series);
  });
});

test("a frame of weeks counts history from its first complete week", async () => {
  const days = Array.from({ length: 19 }, (_, index) => dayAfter("2024-01-03", index));
  const sales = days.map((date) => ({ date, store: "S1", sku: "A", quantity: 2, amount: 4 }));
  const warehouse: Warehouse = { stores: [{ code: "S1" }], products: [{ sku: "A" }], sales };
  await withClient(other, (client) => fillWarehouse(client, warehouse));
  // Sales begin on a Wednesday: weeks are complete from 2024-01-08 on, and there are two of them.
  const manifest = await manifestOf({ cutoff: "2024-01-21", horizon: 1, freq: "week" }, other);
  expect(namesIn(manifest)).toContain("y_lag_1");
  expect(leftOut(manifest)).toEqual(expect.arrayContaining(["y_lag_2", "y_lag_4"]));
});

describe("sales in a frame of days", () => {
  const warehouse = (dates: readonly string[]): Warehouse => ({
    stores: [{ code: "S1" }],
    products: [{ sku: "A" }],
    sales: dates.map((date, index) => ({ date, store: "S1", sku: "A", quantity: 5 + index, amount: 10 })),
  });
  const cadenceOf = async (dates: readonly string[]) => {
    await withClient(other, (client) => fillWarehouse(client, warehouse(dates)));
    return (await manifestOf({ cutoff: dates.at(-1) ?? "", horizon: 3 }, other)).cadence;
  };
  const every = (first: string, step: number, count: number) =>
    Array.from({ length: count }, (_, index) => dayAfter(first, step * index));

  test.for([
    ["of one weekday look weekly", every("2024-01-05", 7, 6), { period: "week", weekday: "friday" }],
    [
      "of one day of the month look monthly",
      ["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"],
      { period: "month", weekday: null },
    ],
    [
      "of last days of months look monthly",
      ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"],
      { period: "month", weekday: null },
    ],
    ["of most days do not", every("2024-01-01", 1, 30), null],
    ["of three days only do not, because that happens by chance", every("2024-01-05", 7, 3), null],
  ] as const)("%s", async ([, dates, expected]) => {
    expect(await cadenceOf(dates)).toEqual(expected);
  });
});
