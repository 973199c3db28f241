import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import type { z } from "zod";
import { checksOf, predicateOf } from "../../src/schema/checks.ts";
import * as records from "../../src/schema/records.ts";
import { tableNames, tables } from "../../src/schema/tables.ts";

const sale = {
  date: "2024-02-29",
  storeId: 1,
  productId: 2,
  quantity: 3,
  unitPrice: "9.99",
  totalAmount: "29.97",
};

/** The invalid fields, each with the constraint or rule that it violates. */
function faults(schema: z.ZodType, value: unknown): string[] {
  const issues = schema.safeParse(value).error?.issues ?? [];
  return issues.map((issue) => {
    const params = "params" in issue ? (issue.params as { constraint?: string } | undefined) : undefined;
    return `${issue.path.join(".")}: ${params?.constraint ?? issue.message}`;
  });
}

describe("records to create", () => {
  test("a valid record passes", () => {
    expect(records.salesDailyCreate.parse(sale)).toEqual(sale);
  });

  test.for([
    "2024-02-30",
    "2023-02-29",
    "0000-00-00",
    "31/01/2024",
    "2024-1-5",
    "2024-01-05T00:00:00Z",
    "nope",
    "",
  ])("%s is not a date", (date) => {
    expect(faults(records.salesDailyCreate, { ...sale, date })).toEqual([
      "date: must be a date that exists, as YYYY-MM-DD",
    ]);
  });

  test.for(["9.999", "123456789.00", "NaN", "Infinity", "1e3", "1,5", "$9.99", "", " 1", ".", "-"])(
    "%s does not fit numeric(10, 2)",
    (unitPrice) => {
      expect(faults(records.salesDailyCreate, { ...sale, unitPrice })).toContain(
        "unitPrice: must be a decimal with at most 8 digits before the point and 2 after it",
      );
    },
  );

  test.for(["0", "0.5", ".5", "12345678.99", "000000000001.100"])("%s fits numeric(10, 2)", (unitPrice) => {
    expect(faults(records.salesDailyCreate, { ...sale, unitPrice })).toEqual([]);
  });

  test("all violated CHECKs are reported at once, by the name of their constraint", () => {
    const invalid = { ...sale, quantity: -1, unitPrice: "-0.01", totalAmount: "-1" };
    expect(faults(records.salesDailyCreate, invalid)).toEqual([
      "quantity: ck_sales_daily_quantity_positive",
      "unitPrice: ck_sales_daily_price_positive",
      "totalAmount: ck_sales_daily_amount_positive",
    ]);
  });

  test("a CHECK on an optional column accepts null and a missing value", () => {
    const promotion = { productId: 1, name: "Easter", startDate: "2024-03-29", endDate: "2024-04-01" };
    expect(faults(records.promotionCreate, promotion)).toEqual([]);
    expect(faults(records.promotionCreate, { ...promotion, discountPct: null })).toEqual([]);
    expect(faults(records.promotionCreate, { ...promotion, discountPct: "1.0001" })).toEqual([
      "discountPct: ck_promotion_discount_pct_range",
    ]);
  });

  test("text may not be longer than its column, nor empty if it is required", () => {
    expect(records.storeCreate.safeParse({ code: "S".repeat(20), name: "Leeds" }).success).toBe(true);
    expect(records.storeCreate.safeParse({ code: "S".repeat(21), name: "Leeds" }).success).toBe(false);
    expect(records.storeCreate.safeParse({ code: "", name: "Leeds" }).success).toBe(false);
  });

  test("a quantity must be a whole number", () => {
    expect(records.salesDailyCreate.safeParse({ ...sale, quantity: 1.5 }).success).toBe(false);
  });

  test("the generated column is_stockout can be read but not created", () => {
    expect("isStockout" in records.inventorySnapshotDailyCreate.shape).toBe(false);
    expect("isStockout" in records.inventorySnapshotDailyRead.shape).toBe(true);
  });

  test("types are those of the columns: decimals and dates are text", () => {
    expectTypeOf<z.infer<typeof records.salesDailyCreate>["unitPrice"]>().toEqualTypeOf<string>();
    expectTypeOf<z.infer<typeof records.salesDailyCreate>["date"]>().toEqualTypeOf<string>();
    expectTypeOf<z.infer<typeof records.promotionCreate>["storeId"]>().toEqualTypeOf<
      number | null | undefined
    >();
  });
});

describe("records to update", () => {
  test("may contain any of the columns, which are validated as in a new record", () => {
    expect(faults(records.salesDailyUpdate, {})).toEqual([]);
    expect(faults(records.salesDailyUpdate, { quantity: -1 })).toEqual([
      "quantity: ck_sales_daily_quantity_positive",
    ]);
    expect(faults(records.salesDailyUpdate, { date: "2024-02-30" })).toHaveLength(1);
  });
});

describe("CHECKs of the model", () => {
  test("on a single column all have a predicate", () => {
    for (const name of tableNames) {
      for (const check of checksOf(tables[name])) {
        if (check.columns.length === 1) expect(predicateOf(check), check.name).toBeTypeOf("function");
      }
    }
  });

  test("on several columns have none and are left to the database", () => {
    const check = { name: "ck", sql: "end_date >= start_date", columns: ["start_date", "end_date"] };
    expect(predicateOf(check)).toBeUndefined();
  });

  test.for(["abs(x) > 1", "x >= y", "x LIKE 'a%'", "x >= 0 AND", "(x >= 0", "x IS NOT NULL"])(
    "outside the grammar have none: %s",
    (sql) => {
      expect(predicateOf({ name: "ck", sql, columns: ["x"] })).toBeUndefined();
    },
  );

  test("on a range hold for exactly the numbers in it", () => {
    const range = predicateOf({ name: "ck", sql: "x IS NULL OR (x >= 0 AND x <= 100)", columns: ["x"] });
    fc.assert(
      fc.property(fc.double({ min: -1000, max: 1000, noNaN: true }), (x) => {
        expect(range?.(String(x))).toBe(x >= 0 && x <= 100);
      }),
    );
    expect(range?.(null)).toBe(true);
  });
});
