import type { FrameSpec } from "../../../src/frame/index.ts";
import type { Family } from "./oracle.ts";

/* Lags and windows: of the target over the days of the spine, of the historic drivers over their facts. */

type Window = FrameSpec["windows"][number];
type Stat = Window["stats"][number];

/** A table of daily values, and which of its rows belong to the series, or only to the store, of `here`. */
interface Source {
  readonly table: string;
  readonly day: string;
  readonly matches: string;
  /** The value of each measure, by its name in the frame. */
  readonly values: Readonly<Record<string, string>>;
}

const target: Source = {
  table: "spine",
  day: "fact.ds",
  matches: "fact.store_id = here.store_id AND fact.product_id = here.product_id",
  values: { y: "fact.y" },
};

const inventory: Source = {
  table: "known_inventory",
  day: "fact.date",
  matches: "fact.store_id = here.store_id AND fact.product_id = here.product_id",
  values: {
    on_hand_qty: "fact.on_hand_qty",
    on_order_qty: "fact.on_order_qty",
    is_stockout: "fact.is_stockout::int",
  },
};

const traffic: Source = {
  table: "known_traffic",
  day: "fact.date",
  matches: "fact.store_id = here.store_id",
  values: { visitors: "fact.visitors" },
};

const weather: Source = {
  table: "known_weather",
  day: "fact.date",
  matches: "fact.store_id = here.store_id",
  values: {
    temperature_avg_c: "fact.temperature_avg_c",
    temperature_min_c: "fact.temperature_min_c",
    temperature_max_c: "fact.temperature_max_c",
    precipitation_mm: "fact.precipitation_mm",
    humidity_avg_pct: "fact.humidity_avg_pct",
    wind_beaufort: "fact.wind_beaufort",
  },
};

export function historyFamilies(spec: FrameSpec, drivers: readonly string[], cutoff: string): Family[] {
  const sources = { inventory, traffic, weather };
  return [
    ...spec.lags.map((lag) => lagged(target, lag)),
    ...spec.windows.map((window) => windowed(target, window, cutoff)),
    ...spec.weekday_windows.map((window) => sameWeekday(window, cutoff)),
    ...Object.entries(sources).flatMap(([driver, source]) => {
      if (!drivers.includes(driver)) return [];
      const { lags, windows } = spec[driver as keyof typeof sources];
      return Object.entries(source.values).flatMap(([name, value]) => {
        const one = { ...source, values: { [name]: value } };
        return [
          ...lags.map((lag) => lagged(one, lag)),
          ...windows.map((window) => windowed(one, window, cutoff)),
        ];
      });
    }),
  ];
}

/** The value exactly `lag` days before. */
function lagged({ table, day, matches, values }: Source, lag: number): Family {
  return {
    columns: columnsOf(values, (name, value) => [
      [
        `${name}_lag_${lag}`,
        `(SELECT ${value}::float8 FROM ${table} AS fact WHERE ${matches} AND ${day} = here.ds - $1::int)`,
      ],
    ]),
    values: [lag],
  };
}

/** Over the days from `lag + days - 1` to `lag` days before. */
function windowed({ table, day, matches, values }: Source, window: Window, cutoff: string): Family {
  const { periods: days, lag, min_periods: min_days, stats } = window;
  return {
    from: `CROSS JOIN LATERAL (
      SELECT ${statistics(values, stats)}
      FROM ${table} AS fact
      WHERE ${matches}
        AND ${day} BETWEEN here.ds - $1::int - $2::int + 1 AND here.ds - $1::int
    ) AS past`,
    columns: known(values, stats, (name, stat) => `${name}_${stat}_${days}_lag_${lag}`),
    values: [lag, days, min_days, cutoff],
  };
}

/** Over `weeks` days: `lag` days before, a week before that, and so on. */
function sameWeekday(window: FrameSpec["weekday_windows"][number], cutoff: string): Family {
  const { weeks, lag, min_weeks, stats } = window;
  const { table, day, matches, values } = target;
  return {
    from: `CROSS JOIN LATERAL (
      SELECT ${statistics(values, stats)}
      FROM generate_series(0, $2::int - 1) AS week
      JOIN ${table} AS fact ON ${matches} AND ${day} = here.ds - $1::int - 7 * week
    ) AS past`,
    columns: known(values, stats, (name, stat) => `${name}_weekday_${stat}_${weeks}_lag_${lag}`),
    values: [lag, weeks, min_weeks, cutoff],
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
      `count(${value}) AS ${name}_days`,
      ...stats.map((stat) => `${aggregates[stat](value)}::float8 AS ${name}_${stat}`),
    ])
    .join(", ");

/** A window is known if it has enough days with a value ($3) and ends by the cutoff ($4). */
const known = (
  values: Source["values"],
  stats: readonly Stat[],
  nameOf: (name: string, stat: Stat) => string,
) =>
  columnsOf(values, (name) =>
    stats.map((stat) => [
      nameOf(name, stat),
      `CASE WHEN past.${name}_days >= $3::int AND here.ds - $1::int <= $4::date THEN past.${name}_${stat} END`,
    ]),
  );

const columnsOf = (
  values: Source["values"],
  of: (name: string, value: string) => (readonly [string, string])[],
): Record<string, string> =>
  Object.fromEntries(Object.entries(values).flatMap(([name, value]) => of(name, value)));
