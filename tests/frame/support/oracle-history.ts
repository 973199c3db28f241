import type { FrameSpec } from "../../../src/frame/index.ts";
import type { Family } from "./oracle.ts";
import { type Periods, periodsOf } from "./oracle-periods.ts";

/* Lags and windows: of the target over the periods of the spine, of the historic drivers over their facts. */

type Window = FrameSpec["windows"][number];
type Stat = Window["stats"][number];

/** A table with a value per period, and which of its rows belong to the series, or only to the store, of `here`. */
interface Source {
  readonly table: string;
  readonly period: string;
  readonly matches: string;
  /** The value of each measure, by its name in the frame. */
  readonly values: Readonly<Record<string, string>>;
}

const ofSeries = "fact.store_id = here.store_id AND fact.product_id = here.product_id";
const ofStore = "fact.store_id = here.store_id";

const target: Source = { table: "spine", period: "fact.ds", matches: ofSeries, values: { y: "fact.y" } };

/** Facts of days, as they are. */
const daily = {
  inventory: {
    table: "known_inventory",
    period: "fact.date",
    matches: ofSeries,
    values: {
      on_hand_qty: "fact.on_hand_qty",
      on_order_qty: "fact.on_order_qty",
      is_stockout: "fact.is_stockout::int",
    },
  },
  traffic: {
    table: "known_traffic",
    period: "fact.date",
    matches: ofStore,
    values: { visitors: "fact.visitors" },
  },
  weather: {
    table: "known_weather",
    period: "fact.date",
    matches: ofStore,
    values: {
      temperature_avg_c: "fact.temperature_avg_c",
      temperature_min_c: "fact.temperature_min_c",
      temperature_max_c: "fact.temperature_max_c",
      precipitation_mm: "fact.precipitation_mm",
      humidity_avg_pct: "fact.humidity_avg_pct",
      wind_beaufort: "fact.wind_beaufort",
    },
  },
  observed_price: {
    table: "(SELECT * FROM known_sale WHERE quantity > 0 AND total_amount <> 'NaN')",
    period: "fact.date",
    matches: ofSeries,
    values: { observed_price: "round(fact.total_amount / fact.quantity, 2)" },
  },
} satisfies Record<string, Source>;

/** One row per period with a fact of the day. */
const summed = (table: string, key: string, values: Readonly<Record<string, string>>): Source => ({
  table: `(
    SELECT ${key}, period, ${Object.entries(values).map(([name, sql]) => `${sql} AS ${name}`)}
    FROM ${table}
    GROUP BY ${key}, period
  )`,
  period: "fact.period",
  matches: key === "store_id" ? ofStore : ofSeries,
  values: Object.fromEntries(Object.keys(values).map((name) => [name, `fact.${name}`])),
});

const ofPeriods: Record<keyof typeof daily, Source> = {
  inventory: summed("known_inventory", "store_id, product_id", {
    on_hand_qty: "(array_agg(on_hand_qty ORDER BY date DESC))[1]",
    on_order_qty: "(array_agg(on_order_qty ORDER BY date DESC))[1]",
    stockout_days: "count(*) FILTER (WHERE on_hand_qty = 0)",
  }),
  traffic: summed("known_traffic", "store_id", { visitors: "sum(visitors)" }),
  weather: summed("known_weather", "store_id", {
    temperature_avg_c: "round(avg(temperature_avg_c), 2)",
    temperature_min_c: "min(temperature_min_c)",
    temperature_max_c: "max(temperature_max_c)",
    precipitation_mm: "sum(precipitation_mm)",
    humidity_avg_pct: "round(avg(humidity_avg_pct), 2)",
    wind_beaufort: "round(avg(wind_beaufort), 2)",
  }),
  observed_price: summed(
    "(SELECT * FROM known_sale WHERE quantity > 0 AND total_amount <> 'NaN') AS sold",
    "store_id, product_id",
    { observed_price: "round(sum(total_amount) / sum(quantity), 2)" },
  ),
};

export function historyFamilies(spec: FrameSpec, drivers: readonly string[], until: string): Family[] {
  const sources: Record<keyof typeof daily, Source> = spec.freq === "day" ? daily : ofPeriods;
  const periods = periodsOf(spec);
  return [
    ...spec.lags.map((lag) => lagged(target, lag, periods)),
    ...spec.windows.map((window) => windowed(target, window, until, periods)),
    ...spec.weekday_windows.map((window) => sameWeekday(window, until)),
    ...Object.entries(sources).flatMap(([driver, source]) => {
      if (!drivers.includes(driver)) return [];
      const { lags, windows } = spec[driver as keyof typeof sources];
      return Object.entries(source.values).flatMap(([name, value]) => {
        const one = { ...source, values: { [name]: value } };
        return [
          ...lags.map((lag) => lagged(one, lag, periods)),
          ...windows.map((window) => windowed(one, window, until, periods)),
        ];
      });
    }),
  ];
}

/** The value exactly `lag` periods before. */
function lagged({ table, period, matches, values }: Source, lag: number, { after }: Periods): Family {
  return {
    columns: columnsOf(values, (name, value) => [
      [
        `${name}_lag_${lag}`,
        `(SELECT ${value}::float8 FROM ${table} AS fact WHERE ${matches} AND ${period} = ${after("here.ds", "-$1::int")})`,
      ],
    ]),
    values: [lag],
  };
}

/** Over the periods from `lag + periods - 1` to `lag` periods before. */
function windowed(source: Source, window: Window, until: string, { after }: Periods): Family {
  const { table, period, matches, values } = source;
  const { periods: length, lag, min_periods, stats } = window;
  const last = after("here.ds", "-$1::int");
  return {
    from: `CROSS JOIN LATERAL (
      SELECT ${statistics(values, stats)}
      FROM ${table} AS fact
      WHERE ${matches} AND ${period} BETWEEN ${after("here.ds", "(1 - $1::int - $2::int)")} AND ${last}
    ) AS past`,
    columns: known(values, stats, last, (name, stat) => `${name}_${stat}_${length}_lag_${lag}`),
    values: [lag, length, min_periods, until],
  };
}

/** Over `weeks` days: `lag` days before, a week before that, and so on. */
function sameWeekday(window: FrameSpec["weekday_windows"][number], until: string): Family {
  const { weeks, lag, min_weeks, stats } = window;
  const { table, period, matches, values } = target;
  return {
    from: `CROSS JOIN LATERAL (
      SELECT ${statistics(values, stats)}
      FROM generate_series(0, $2::int - 1) AS week
      JOIN ${table} AS fact ON ${matches} AND ${period} = here.ds - $1::int - 7 * week
    ) AS past`,
    columns: known(
      values,
      stats,
      "here.ds - $1::int",
      (name, stat) => `${name}_weekday_${stat}_${weeks}_lag_${lag}`,
    ),
    values: [lag, weeks, min_weeks, until],
  };
}

const aggregates: Record<Stat, (value: string) => string> = {
  mean: (value) => `avg(${value})`,
  sum: (value) => `sum(${value})`,
  min: (value) => `min(${value})`,
  max: (value) => `max(${value})`,
  std: (value) => `stddev_samp(${value})`,
  zero_rate: (value) => `avg((${value} = 0)::int)`,
};

const statistics = (values: Source["values"], stats: readonly Stat[]) =>
  Object.entries(values)
    .flatMap(([name, value]) => [
      `count(${value}) AS ${name}_known`,
      ...stats.map((stat) => `${aggregates[stat](value)}::float8 AS ${name}_${stat}`),
    ])
    .join(", ");

/** A window is known if it has enough periods with a value ($3) and its last one begins by the last known day ($4). */
const known = (
  values: Source["values"],
  stats: readonly Stat[],
  last: string,
  nameOf: (name: string, stat: Stat) => string,
) =>
  columnsOf(values, (name) =>
    stats.map((stat) => [
      nameOf(name, stat),
      `CASE WHEN past.${name}_known >= $3::int AND ${last} <= $4::date THEN past.${name}_${stat} END`,
    ]),
  );

const columnsOf = (
  values: Source["values"],
  of: (name: string, value: string) => (readonly [string, string])[],
): Record<string, string> =>
  Object.fromEntries(Object.entries(values).flatMap(([name, value]) => of(name, value)));
