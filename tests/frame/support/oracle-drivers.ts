import type { FrameSpec } from "../../../src/frame/index.ts";
import type { Family } from "./oracle.ts";
import { type Periods, periodsOf } from "./oracle-periods.ts";

/* Static and future drivers: families of columns over `here`, a row of the frame. */

export function driverFamilies(spec: FrameSpec, drivers: readonly string[]): Family[] {
  const withPrice = drivers.includes("price");
  const daily = spec.freq === "day";
  const periods = periodsOf(spec);
  const families: Record<string, () => Family[]> = {
    store: () => [store],
    product: () => [product],
    calendar: () =>
      daily ? [calendar, holidays, monthEnds, paydays(spec.paydays)] : calendarOfPeriods(spec, periods),
    price: () => [price(spec.price_gaps, periods)],
    promotion: () => [
      daily ? promotion : promotionsOfPeriods(periods),
      ...(withPrice ? [discountDepth(spec.price_gaps, periods)] : []),
    ],
  };
  return Object.entries(families).flatMap(([driver, of]) => (drivers.includes(driver) ? of() : []));
}

const store: Family = {
  from: "JOIN store ON store.id = here.store_id",
  columns: {
    store_code: "store.code",
    store_region: "store.region",
    store_city: "store.city",
    store_type: "store.store_type",
  },
};

const product: Family = {
  from: "JOIN product ON product.id = here.product_id",
  columns: {
    sku: "product.sku",
    category: "product.category",
    brand: "product.brand",
    base_price: "product.base_price::float8",
    base_cost: "product.base_cost::float8",
  },
};

const calendar: Family = {
  columns: {
    day_of_week: "EXTRACT(ISODOW FROM here.ds)::int - 1",
    day_of_month: "EXTRACT(DAY FROM here.ds)::int",
    week_of_year: "EXTRACT(WEEK FROM here.ds)::int",
    month: "EXTRACT(MONTH FROM here.ds)::int",
    quarter: "EXTRACT(QUARTER FROM here.ds)::int",
    year: "EXTRACT(YEAR FROM here.ds)::int",
    is_weekend: "EXTRACT(ISODOW FROM here.ds) IN (6, 7)",
  },
};

const holidays: Family = {
  columns: {
    is_holiday: "(SELECT calendar.is_holiday FROM calendar WHERE calendar.date = here.ds)",
    holiday_name: "(SELECT calendar.holiday_name FROM calendar WHERE calendar.date = here.ds)",
    days_to_holiday: `(
      SELECT min(calendar.date) - here.ds FROM calendar
      WHERE calendar.is_holiday AND calendar.date >= here.ds
    )`,
    days_since_holiday: `(
      SELECT here.ds - max(calendar.date) FROM calendar
      WHERE calendar.is_holiday AND calendar.date <= here.ds
    )`,
  },
};

/** The last day of the month of a day. */
const monthEnd = (day: string) => `(date_trunc('month', ${day}::timestamp) + '1 month - 1 day')::date`;

const monthEnds: Family = {
  columns: {
    is_month_end: `here.ds = ${monthEnd("here.ds")}`,
    days_to_month_end: `${monthEnd("here.ds")} - here.ds`,
  },
};

/** A payday ($1) that the month lacks falls on its last day; the 31st is the last day of every month. */
const isPayday = (day: string) => `EXISTS (
  SELECT FROM unnest($1::int[]) AS payday
  WHERE EXTRACT(DAY FROM ${day}) = LEAST(payday, EXTRACT(DAY FROM ${monthEnd(day)}))
)`;

const daysOf = (paydays: FrameSpec["paydays"]) => paydays.map((day) => (day === "last" ? 31 : day));

function paydays(days: FrameSpec["paydays"]): Family {
  return {
    columns: {
      is_payday: isPayday("here.ds"),
      days_since_payday: `(
        SELECT min(days_before) FROM generate_series(0, 31) AS days_before
        WHERE ${isPayday("(here.ds - days_before)")}
      )`,
    },
    values: [daysOf(days)],
  };
}

/** The days of the period of a row, as the column `day` of a table. */
const daysIn = ({ lastDay }: Periods) =>
  `(SELECT generate_series(here.ds::timestamp, ${lastDay("here.ds")}, '1 day')::date AS day)`;

function calendarOfPeriods({ freq, paydays }: FrameSpec, periods: Periods): Family[] {
  const { week_of_year, month, quarter, year } = calendar.columns as Record<string, string>;
  const { days_to_holiday, days_since_holiday } = holidays.columns as Record<string, string>;
  const days = daysIn(periods);
  const holidaysIn = `FROM ${days} AS its JOIN calendar ON calendar.date = its.day WHERE calendar.is_holiday`;
  const weekendDays = `(SELECT count(*)::int FROM ${days} AS its WHERE EXTRACT(ISODOW FROM its.day) > 5)`;
  return [
    { columns: { week_of_year, month, quarter, year } as Record<string, string> },
    {
      columns: {
        is_holiday: `EXISTS (SELECT ${holidaysIn})`,
        holiday_count: `(SELECT count(*)::int ${holidaysIn})`,
        holiday_name: `(
          SELECT calendar.holiday_name ${holidaysIn} AND calendar.holiday_name IS NOT NULL ORDER BY its.day LIMIT 1
        )`,
        days_to_holiday,
        days_since_holiday,
      } as Record<string, string>,
    },
    freq === "week"
      ? {
          columns: { is_payday: `EXISTS (SELECT FROM ${days} AS its WHERE ${isPayday("its.day")})` },
          values: [daysOf(paydays)],
        }
      : {
          columns: {
            days_in_month: `${periods.lastDay("here.ds")} - here.ds + 1`,
            weekend_days: weekendDays,
          },
        },
  ];
}

/** The price whose window contains a day, NULL if there is none. The store's own takes precedence over the chain's. */
const listPriceOn = (day: string) => `(
  SELECT priced.price::float8
  FROM known_price AS priced
  WHERE priced.product_id = here.product_id
    AND (priced.store_id = here.store_id OR priced.store_id IS NULL)
    AND ${day} BETWEEN priced.valid_from AND COALESCE(priced.valid_to, 'infinity')
  ORDER BY priced.store_id IS NULL
  LIMIT 1
)`;

/** Joins `listed`: the price of the period or, in training and by choice, that of the last earlier day that had one. */
const listed = (gaps: FrameSpec["price_gaps"], periods: Periods) => `
  CROSS JOIN LATERAL (
    SELECT avg(${listPriceOn("its.day")}) AS price FROM ${daysIn(periods)} AS its
  ) AS own
  CROSS JOIN LATERAL (
    SELECT max(LEAST(priced.valid_to, here.ds - 1)) AS day
    FROM known_price AS priced
    WHERE priced.product_id = here.product_id
      AND (priced.store_id = here.store_id OR priced.store_id IS NULL)
      AND priced.valid_from < here.ds
  ) AS last_priced
  CROSS JOIN LATERAL (
    SELECT CASE
      WHEN own.price IS NULL AND here.horizon_step IS NULL AND ${gaps === "forward_fill"}
      THEN ${listPriceOn("last_priced.day")}
    END AS price
  ) AS earlier
  CROSS JOIN LATERAL (
    SELECT COALESCE(own.price, earlier.price) AS price, earlier.price IS NOT NULL AS is_filled
  ) AS listed
`;

const price = (gaps: FrameSpec["price_gaps"], periods: Periods): Family => ({
  from: `${listed(gaps, periods)} JOIN product ON product.id = here.product_id`,
  columns: {
    list_price: "listed.price",
    list_price_is_filled: "listed.is_filled",
    relative_price: "CASE WHEN product.base_price > 0 THEN listed.price / product.base_price::float8 END",
  },
});

/** Joins `promo`: the promotions that are active on a day of the period, as one row. */
const promo = ({ lastDay }: Periods) => `
  CROSS JOIN LATERAL (
    SELECT
      count(*)::int AS promotions,
      COALESCE(max(promoted.discount_pct), 0)::float8 AS pct,
      COALESCE(max(promoted.discount_amount), 0)::float8 AS amount,
      min(promoted.start_date) AS first_day,
      max(promoted.end_date) AS last_day
    FROM known_promotion AS promoted
    WHERE promoted.product_id = here.product_id
      AND (promoted.store_id = here.store_id OR promoted.store_id IS NULL)
      AND promoted.start_date <= ${lastDay("here.ds")}
      AND promoted.end_date >= here.ds
  ) AS promo
`;

const promoted = {
  on_promotion: "promo.promotions > 0",
  promo_count: "promo.promotions",
  promo_discount_pct: "promo.pct",
  promo_discount_amount: "promo.amount",
};

const promotion: Family = {
  from: promo(periodsOf({ freq: "day", week_start: null })),
  columns: {
    ...promoted,
    promo_days_since_start: "here.ds - promo.first_day",
    promo_days_to_end: "promo.last_day - here.ds",
  },
};

const promotionsOfPeriods = (periods: Periods): Family => ({
  from: promo(periods),
  columns: {
    ...promoted,
    promo_days: `(
      SELECT count(*)::int FROM ${daysIn(periods)} AS its
      WHERE EXISTS (
        SELECT FROM known_promotion AS promoted
        WHERE promoted.product_id = here.product_id
          AND (promoted.store_id = here.store_id OR promoted.store_id IS NULL)
          AND its.day BETWEEN promoted.start_date AND promoted.end_date
      )
    )`,
  },
});

const discountDepth = (gaps: FrameSpec["price_gaps"], periods: Periods): Family => ({
  from: `${listed(gaps, periods)} ${promo(periods)}`,
  columns: {
    discount_depth: `CASE
      WHEN promo.amount = 0 THEN promo.pct
      WHEN listed.price > 0 THEN LEAST(1, GREATEST(promo.pct, promo.amount / listed.price))
    END`,
  },
});
