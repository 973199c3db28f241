import { getTableColumns } from "drizzle-orm";
import { toSnakeCase } from "drizzle-orm/casing";
import type { AnyPgColumn, PgTable } from "drizzle-orm/pg-core";
import { createInsertSchema, createSelectSchema, createUpdateSchema } from "drizzle-zod";
import { z } from "zod";
import { type Check, checksOf, predicateOf } from "./checks.ts";
import { calendar, product, store } from "./dimensions.ts";
import { inventorySnapshotDaily, priceHistory, promotion, salesDaily } from "./facts.ts";
import { salesTxn, trafficDaily, weatherDaily } from "./observations.ts";

/*
 * Validation schemas derived from the tables. drizzle-zod validates types, nullability and lengths, but accepts "nope" as a
 * date and "abc" as a numeric. The schemas are refined from the same column definitions: dates must exist, numerics must fit
 * their precision and scale, and CHECKs on one column must hold.
 */

// biome-ignore lint/suspicious/noExplicitAny: the keys of drizzle-zod's refinements are columns that only the caller knows
type Refinements = any;

/** The refinements of each column of a table. The issue of a failed CHECK has its name in `params.constraint`. */
function refinements(table: PgTable): Refinements {
  const checks = checksOf(table);
  return Object.fromEntries(
    Object.entries(getTableColumns(table) as Record<string, AnyPgColumn>).flatMap(([key, column]) => {
      const own = checks.filter(
        (check) => check.columns.length === 1 && check.columns[0] === toSnakeCase(key),
      );
      const needed = own.length > 0 || column.columnType in valueRules;
      return needed ? [[key, (schema: z.ZodType) => refined(schema, column, own)]] : [];
    }),
  );
}

function refined(schema: z.ZodType, column: AnyPgColumn, checks: readonly Check[]): z.ZodType {
  const rule = valueRules[column.columnType];
  const valid =
    rule === undefined
      ? schema
      : schema.refine((value) => empty(value) || rule(value, column), {
          error: () => `must be ${describe(column)}`,
        });
  return checks.reduce((result, check) => {
    const holds = predicateOf(check);
    if (holds === undefined) return result;
    return result.refine((value) => holds(value as string | number | null), {
      message: `violates ${check.name}: ${check.sql}`,
      params: { constraint: check.name },
    });
  }, valid);
}

const valueRules: Record<string, (value: unknown, column: AnyPgColumn) => boolean> = {
  PgDateString: (value) => z.iso.date().safeParse(value).success,
  PgNumeric: (value, column) => fitsNumeric(value, column as unknown as NumericType),
  PgVarchar: (value, column) => value !== "" || !column.notNull,
};

interface NumericType {
  precision: number;
  scale: number;
}

/** Whether the value is a decimal with at most precision - scale digits before the point and scale digits after it. */
function fitsNumeric(value: unknown, { precision, scale }: NumericType): boolean {
  const match = /^-?0*(\d*)(?:\.(\d+))?$/.exec(String(value));
  if (match === null || !/\d/.test(String(value))) return false;
  const [, whole = "", fraction = ""] = match;
  return whole.length <= precision - scale && fraction.replace(/0+$/, "").length <= scale;
}

function describe(column: AnyPgColumn): string {
  if (column.columnType === "PgDateString") return "a date that exists, as YYYY-MM-DD";
  if (column.columnType === "PgVarchar") return "given: it is required, and empty text counts as missing";
  const { precision, scale } = column as unknown as NumericType;
  return `a decimal with at most ${precision - scale} digits before the point and ${scale} after it`;
}

const empty = (value: unknown) => value === null || value === undefined;

export const storeCreate = createInsertSchema(store, refinements(store));
export const storeRead = createSelectSchema(store, refinements(store));
export const storeUpdate = createUpdateSchema(store, refinements(store));

export const productCreate = createInsertSchema(product, refinements(product));
export const productRead = createSelectSchema(product, refinements(product));
export const productUpdate = createUpdateSchema(product, refinements(product));

export const calendarCreate = createInsertSchema(calendar, refinements(calendar));
export const calendarRead = createSelectSchema(calendar, refinements(calendar));
export const calendarUpdate = createUpdateSchema(calendar, refinements(calendar));

export const salesDailyCreate = createInsertSchema(salesDaily, refinements(salesDaily));
export const salesDailyRead = createSelectSchema(salesDaily, refinements(salesDaily));
export const salesDailyUpdate = createUpdateSchema(salesDaily, refinements(salesDaily));

export const priceHistoryCreate = createInsertSchema(priceHistory, refinements(priceHistory));
export const priceHistoryRead = createSelectSchema(priceHistory, refinements(priceHistory));
export const priceHistoryUpdate = createUpdateSchema(priceHistory, refinements(priceHistory));

export const promotionCreate = createInsertSchema(promotion, refinements(promotion));
export const promotionRead = createSelectSchema(promotion, refinements(promotion));
export const promotionUpdate = createUpdateSchema(promotion, refinements(promotion));

export const inventorySnapshotDailyCreate = createInsertSchema(
  inventorySnapshotDaily,
  refinements(inventorySnapshotDaily),
);
export const inventorySnapshotDailyRead = createSelectSchema(
  inventorySnapshotDaily,
  refinements(inventorySnapshotDaily),
);
export const inventorySnapshotDailyUpdate = createUpdateSchema(
  inventorySnapshotDaily,
  refinements(inventorySnapshotDaily),
);

export const salesTxnCreate = createInsertSchema(salesTxn, refinements(salesTxn));
export const salesTxnRead = createSelectSchema(salesTxn, refinements(salesTxn));
export const salesTxnUpdate = createUpdateSchema(salesTxn, refinements(salesTxn));

export const weatherDailyCreate = createInsertSchema(weatherDaily, refinements(weatherDaily));
export const weatherDailyRead = createSelectSchema(weatherDaily, refinements(weatherDaily));
export const weatherDailyUpdate = createUpdateSchema(weatherDaily, refinements(weatherDaily));

export const trafficDailyCreate = createInsertSchema(trafficDaily, refinements(trafficDaily));
export const trafficDailyRead = createSelectSchema(trafficDaily, refinements(trafficDaily));
export const trafficDailyUpdate = createUpdateSchema(trafficDaily, refinements(trafficDaily));
