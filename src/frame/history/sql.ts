import { type Feature, featureName, type Measure, type Span } from "./features.ts";

/**
 * The SQL of lags and windows over a complete spine. Its relation has one row per `key` and `period` without gaps, so counting rows
 * counts periods. A period without a value is NULL. A row after the cutoff must use only features whose lag reaches back to it.
 *
 * Sums are of whole numbers and so exact: they are the same in any order of rows and with any number of threads.
 */
export interface HistorySql {
  /** Raw sums and counts: `expression AS name`. */
  readonly raw: readonly string[];
  /** The WINDOW clause of the raw columns. They all use the same order of rows. */
  readonly windows: string;
  /** The features, computed from the raw columns: `expression AS name`. */
  readonly features: readonly string[];
}

/** @param observed SQL of how many periods of a span have a value, if that is known without counting */
export function historySql(
  features: readonly Feature[],
  key: string,
  observed: (measure: Measure, lag: number, length: number) => string | undefined = () => undefined,
): HistorySql {
  const raw = new Map<string, string>();
  const need = (name: string, sql: string) => {
    raw.set(name, sql);
    return name;
  };
  const lagged = (measure: string, lag: number) =>
    need(`${measure}_at_${lag}`, `lag(${measure}, ${lag}) OVER each_period`);
  const columns = features.map((feature) => {
    const { measure, lag } = feature;
    if (feature.kind === "lag") return scaled(lagged(measure.name, lag), measure);
    const { window } = feature;
    const aggregate =
      feature.kind === "window"
        ? rolling(measure, lag, window, need)
        : ofWeekday(measure, lag, window, lagged);
    const counted = feature.kind === "window" ? observed(measure, lag, window.length) : undefined;
    const count = counted ?? aggregate("count");
    return `
      CASE
        WHEN ${count} >= ${window.least}
        THEN ${statistic(measure, window, count, aggregate)}
      END`;
  });
  return {
    raw: [...raw].map(([name, sql]) => `${sql} AS ${name}`),
    windows: `WINDOW each_period AS (PARTITION BY ${key} ORDER BY period)`,
    features: features.map((feature, index) => `${columns[index]} AS ${featureName(feature)}`),
  };
}

type Aggregate = "count" | "sum" | "squares" | "min" | "max" | "zeros";

/** The aggregates of a window by name. Each is computed once, however many statistics use it. */
function rolling(
  { name, scale, presentWith = name }: Measure,
  lag: number,
  { length }: Span,
  need: (name: string, sql: string) => string,
): (aggregate: Aggregate) => string {
  const sql: Record<Aggregate, [of: string, aggregate: string]> = {
    count: [presentWith, `count(${presentWith})`],
    sum: [name, `sum(${name})`],
    // The square of a quantity fits into 64 bits, that of an amount in cents does not.
    squares: [name, scale === 1 ? `sum(${name} * ${name})` : `sum(${name}::HUGEINT * ${name})`],
    min: [name, `min(${name})`],
    max: [name, `max(${name})`],
    zeros: [name, `count(*) FILTER (${name} = 0)`],
  };
  return (aggregate) => {
    const [of, expression] = sql[aggregate];
    return need(
      `${of}_${aggregate}_${length}_at_${lag}`,
      `${expression} OVER (each_period ROWS BETWEEN ${lag + length - 1} PRECEDING AND ${lag} PRECEDING)`,
    );
  };
}

/**
 * The same over every seventh day, computed from single lags. Lags are cheap once the rows are in order, while windows by weekday
 * would need another order.
 */
function ofWeekday(
  { name }: Measure,
  lag: number,
  { length }: Span,
  lagged: (measure: string, lag: number) => string,
): (aggregate: Aggregate) => string {
  const days = Array.from({ length }, (_, week) => lagged(name, lag + 7 * week));
  const total = (term: (day: string) => string) =>
    `(${days.map((day) => `coalesce(${term(day)}, 0)`).join(" + ")})`;
  const sql: Record<Aggregate, () => string> = {
    count: () => total((day) => `(${day} IS NOT NULL)::INTEGER`),
    sum: () => total((day) => day),
    squares: () => total((day) => `${day}::HUGEINT * ${day}`),
    min: () => `least(${days.join(", ")})`,
    max: () => `greatest(${days.join(", ")})`,
    zeros: () => total((day) => `(${day} = 0)::INTEGER`),
  };
  return (aggregate) => sql[aggregate]();
}

function statistic(
  measure: Measure,
  { stat }: Span,
  count: string,
  aggregate: (aggregate: Aggregate) => string,
): string {
  switch (stat) {
    case "mean":
      return `${aggregate("sum")}::DOUBLE / (${count} * ${measure.scale})`;
    case "sum":
    case "min":
    case "max":
      return scaled(aggregate(stat), measure);
    case "std": {
      // sqrt((n Σx² - (Σx)²) / (n (n - 1))), exact up to the division: a constant has 0.
      const [sum, squares] = [aggregate("sum"), aggregate("squares")];
      const spread = `(${count} * ${squares}::HUGEINT - ${sum}::HUGEINT * ${sum}::HUGEINT)::DOUBLE`;
      return `CASE WHEN ${count} > 1 THEN sqrt(${spread} / (${count} * (${count} - 1)))${over(measure)} END`;
    }
    case "zero_rate":
      return `${aggregate("zeros")}::DOUBLE / ${count}`;
  }
}

const scaled = (sql: string, measure: Measure) => `${sql}::DOUBLE${over(measure)}`;
const over = ({ scale }: Measure) => (scale === 1 ? "" : ` / ${scale}`);
