import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ForecastLabError } from "../../src/errors.ts";
import type { DuplicatePolicy } from "../../src/ingest/index.ts";
import { faultsOf, Workspace } from "./support/load.ts";
import { validate } from "./support/validate.ts";

/* What happens to rows of one grain within a load: a policy decides if they differ; equal rows become one, or are added up. */

const workspace = new Workspace();
const header = "date,store_code,sku,quantity,unit_price,total_amount";

/** Validates lines of `quantity,unit_price,total_amount`, all of one grain. @returns result and accepted rows, by grain */
async function sold(onDuplicate: DuplicatePolicy, lines: readonly string[]) {
  const rows = lines.map((line) => (line.startsWith("20") ? line : `2024-01-05,S1,A,${line}`));
  const result = await validate(workspace, "sales_daily", [header, ...rows], { onDuplicate });
  const byDay = result.rows.toSorted((a, b) => ((a.date ?? "") < (b.date ?? "") ? -1 : 1));
  const stored = byDay.map((row) => [row.quantity, row.unit_price, row.total_amount].join(","));
  return { ...result, stored };
}

describe("for rows of one grain that differ", () => {
  const lines = ["1,1.00,1.00", "2,1.00,2.00", "1,1.00,1.00"];

  test.for([
    ["reject", [], 3, 0],
    ["first", ["1,1.00,1.00"], 0, 2],
    ["last", ["1,1.00,1.00"], 0, 2],
    ["sum", ["4,1.00,4.00"], 0, 2],
  ] as const)("the policy %s leaves %j", async ([policy, stored, rejected, duplicates]) => {
    expect(await sold(policy, lines)).toMatchObject({ read: 3, stored, rejected, duplicates });
  });

  test("first and last go by the order of files and records", async () => {
    const files = [3, 1, 2].map((n) =>
      workspace.csv([header, `2024-01-05,S1,A,${n},1,1`, `2024-01-05,S1,A,${n * 10},1,1`]),
    );
    for (const [onDuplicate, quantity] of [
      ["first", "3"],
      ["last", "20"],
    ] as const) {
      const result = await validate(workspace, "sales_daily", "", { files, onDuplicate });
      expect(result).toMatchObject({ read: 6, duplicates: 5, rejected: 0 });
      expect(result.rows).toMatchObject([{ quantity }]);
    }
  });
});

describe("equal rows", () => {
  const twice = ["5,2.00,10.00", "5,2.00,10.00"];

  test.for(["reject", "first", "last"] as const)("become one under the policy %s", async (policy) => {
    expect(await sold(policy, twice)).toMatchObject({ stored: ["5,2.00,10.00"], duplicates: 1, rejected: 0 });
  });

  test("are added up under the policy sum", async () => {
    const other = ["2024-01-06,S1,A,5,2.00,10.00", "2024-01-06,S1,A,6,2.00,12.00"];
    const result = await sold("sum", [...twice, ...other]);
    expect(result).toMatchObject({ stored: ["10,2.00,20.00", "11,2.00,22.00"], duplicates: 2, rejected: 0 });
  });

  test("of a channel that the mapping leaves out are added up under the policy sum", async () => {
    const lines = ["A,online,5", "A,store,5", "B,online,5", "B,store,6"].map(
      (line) => `2024-01-05,S1,${line}`,
    );
    const mapping = `
      table: sales_daily
      columns:
        date: day
        store_code: shop
        sku: item
        quantity: units
        unit_price: 2
        total_amount: CAST(units AS INTEGER) * 2
    `;
    const { rows } = await validate(workspace, "sales_daily", ["day,shop,item,channel,units", ...lines], {
      ...{ mapping, onDuplicate: "sum" },
    });
    expect(rows.map(({ quantity }) => quantity).sort()).toEqual(["10", "11"]);
  });

  test.for([
    ["reject", { equal: 1 }],
    ["first", { equal: 2, first: 1 }],
    ["last", { equal: 2, last: 1 }],
    ["sum", { sum: 3 }],
  ] as const)("under the policy %s are counted on their own: %j", async ([policy, counts]) => {
    const lines = ["1,1.00,1.00", "1,1.00,1.00", "2,1.00,2.00"].map((line) => `2024-01-06,S1,A,${line}`);
    const result = await sold(policy, [...twice, ...lines]);
    expect(result.duplicates_by).toEqual({ collapse: 0, equal: 0, first: 0, last: 0, sum: 0, ...counts });
    expect(Object.values(counts).reduce((sum, rows) => sum + rows, 0)).toBe(result.duplicates);
  });
});

describe("the policy sum", () => {
  test("computes the price as the quotient, halves away from zero; if nothing was sold, it is the last price", async () => {
    expect((await sold("sum", ["1,1.00,1.00", "1,2.01,2.01"])).stored).toEqual(["2,1.51,3.01"]);
    expect((await sold("sum", ["0,1.00,0.00", "0,2.50,0.00"])).stored).toEqual(["0,2.50,0.00"]);
  });

  test("rejects all rows of a grain if one of them is rejected, and no others", async () => {
    const result = await sold("sum", [
      "1,1.00,1.00",
      "x,1.00,1.00",
      "-1,1.00,1.00",
      "2024-01-06,S1,A,1,1.00,1.00",
    ]);
    expect(faultsOf(result)).toEqual([
      "1  GROUP_INCOMPLETE 2024-01-05, S1, A",
      "2 quantity INTEGER_INVALID x",
      "3 quantity CHECK_FAILED -1",
    ]);
    expect(result).toMatchObject({ accepted: 1, rejected: 3, duplicates: 0 });
  });

  test("rejects all rows of a grain if their sum does not fit into the column", async () => {
    const result = await sold("sum", ["2147483647,1.00,1.00", "1,1.00,1.00"]);
    expect(faultsOf(result)).toEqual([
      "1 quantity NUMBER_OUT_OF_RANGE 2147483648",
      "2 quantity NUMBER_OUT_OF_RANGE 2147483648",
    ]);
    expect(result).toMatchObject({ read: 2, rejected: 2, duplicates: 0, stored: [] });
  });

  test("adds up stock and visitors too", async () => {
    const visitors = ["date,store_code,visitors", "2024-01-01,S1,5", "2024-01-01,S1,7", "2024-01-01,S1,5"];
    const counted = await validate(workspace, "traffic_daily", visitors, { onDuplicate: "sum" });
    expect(counted.rows).toMatchObject([{ visitors: "17" }]);
    const stock = ["date,store_code,sku,on_hand_qty", "2024-01-01,S1,A,5", "2024-01-01,S1,A,7"];
    const stocked = await validate(workspace, "inventory_snapshot_daily", stock, { onDuplicate: "sum" });
    expect(stocked.rows).toMatchObject([{ on_hand_qty: "12" }]);
  });

  test("is refused for a table without additive measures, with the valid policies", async () => {
    const error = await validate(workspace, "store", ["code,name", "S3,x"], { onDuplicate: "sum" }).catch(
      (caught) => caught,
    );
    expect(error).toBeInstanceOf(ForecastLabError);
    expect(error).toMatchObject({ code: "DUPLICATE_POLICY_INVALID", exitCode: 2 });
    expect(error.action).toContain("reject, first, last");
  });
});

test("every policy agrees with a plain model, for any rows", async () => {
  const row = fc.record({
    day: fc.constantFrom("2024-01-05", "2024-01-06", "2024-02-01"),
    quantity: fc.nat(4),
    cents: fc.integer({ min: 0, max: 999 }),
  });
  const policy = fc.constantFrom<DuplicatePolicy>("reject", "first", "last", "sum");
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 10 }), policy, async (rows, onDuplicate) => {
      const lines = rows.map(
        ({ day, quantity, cents }) => `${day},S1,A,${quantity},0.50,${(cents / 100).toFixed(2)}`,
      );
      const { stored, read, rejected, duplicates, accepted } = await sold(onDuplicate, lines);
      expect(stored).toEqual(model(rows, onDuplicate));
      expect(accepted + duplicates + rejected).toBe(read);
      expect(accepted).toBe(stored.length);
    }),
    { numRuns: Number(process.env.FORECASTLAB_TEST_RUNS ?? 12) },
  );
}, 120_000);

interface Row {
  readonly day: string;
  readonly quantity: number;
  readonly cents: number;
}

function model(rows: readonly Row[], policy: DuplicatePolicy): string[] {
  const days = [...new Set(rows.map(({ day }) => day))].sort();
  return days.flatMap((day) => {
    const members = rows.filter((row) => row.day === day);
    const different = new Set(members.map((row) => `${row.quantity} ${row.cents}`));
    const [first, last] = [members[0] as Row, members.at(-1) as Row];
    const shown = ({ quantity, cents }: Omit<Row, "day">, price = 50) =>
      `${quantity},${(price / 100).toFixed(2)},${(cents / 100).toFixed(2)}`;
    if (members.length === 1 || (policy !== "sum" && different.size === 1)) return [shown(first)];
    if (policy === "first") return [shown(first)];
    if (policy === "reject") return [];
    if (policy === "last") return [shown(last)];
    const total = (measure: "quantity" | "cents") => members.reduce((sum, row) => sum + row[measure], 0);
    const [quantity, cents] = [total("quantity"), total("cents")];
    return [
      shown({ quantity, cents }, quantity === 0 ? 50 : Math.floor((2 * cents + quantity) / (2 * quantity))),
    ];
  });
}
