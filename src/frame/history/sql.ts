import { type Feature, featureName, type Measure, type Span } from "./features.ts";

/**
 * Lags and windows over a complete spine of days, in SQL. The relation has a row for every `key` and `day` without a gap, so that
 * rows count days; a day without a value is NULL in it.
 *
 * Sums are of whole numbers, so that they are exact: the same in any order of rows, whatever number of threads computes them.
 */
export interface HistorySql {
  /** Columns of raw sums and counts, with a name each. */
  readonly raw: readonly string[];
  /** The WINDOW clause the raw columns use. */
  readonly windows: string;
  /** The features from the raw columns: `expression AS name`. */
  readonly features: readonly string[];
}

/**
 * @param cutoff the last day that is known; a window that reaches beyond it is not
 * @param observed how many days of a span have a value, where that is known without counting
 */
export function historySql(
  features: readonly Feature[],
  key: string,
  cutoff: number,
  observed: (measure: Measure, lag: number, length: number) => string | undefined = () => undefined,
): HistorySql {
  const raw = new Map<string, string>();
  const need = (name: string, sql: string) => {
    raw.set(name, sql);
    return name;
  };
  const columns = features.map((feature) => {
    const name = featureName(feature);
    if (feature.kind === "lag") {
      const { measure, lag } = feature;
      const value = need(`${measure.name}_at_${lag}`, `lag(${measure.name}, ${lag}) OVER each_day`);
      return `${scaled(value, measure)} AS ${name}`;
    }
    const { measure, lag, window } = feature;
    const aggregate = aggregates(feature, need);
    const count =
      (feature.kind === "window" ? observed(measure, lag, window.length) : undefined) ?? aggregate("count");
    const known = `${count} >= ${window.least} AND day - ${lag} <= ${cutoff}`;
    return `CASE WHEN ${known} THEN ${statistic(measure, window, count, aggregate)} END AS ${name}`;
  });
  return {
    raw: [...raw].map(([name, sql]) => `${sql} AS ${name}`),
    windows: `
      WINDOW each_day AS (PARTITION BY ${key} ORDER BY day),
             each_week AS (PARTITION BY ${key}, (day + ${sinceYear0}) % 7 ORDER BY day)`,
    features: columns,
  };
}

/** From the year 0 to 1970: no day to count with is negative. */
const sinceYear0 = 719_528;

type Aggregate = "count" | "sum" | "squares" | "min" | "max" | "zeros";

/** A window's aggregates by name, computed once however many statistics use them. */
function aggregates(
  { kind, measure, lag, window }: Extract<Feature, { window: Span }>,
  need: (name: string, sql: string) => string,
): (aggregate: Aggregate) => string {
  const [order, end] = kind === "weekday" ? ["each_week", lag / 7] : ["each_day", lag];
  const frame = `(${order} ROWS BETWEEN ${end + window.length - 1} PRECEDING AND ${end} PRECEDING)`;
  const value = measure.name;
  // The square of a quantity fits 64 bits, that of an amount in cents does not.
  const square = measure.scale === 1 ? `${value} * ${value}` : `${value}::HUGEINT * ${value}`;
  const sql: Record<Aggregate, string> = {
    count: `count(${value})`,
    sum: `sum(${value})`,
    squares: `sum(${square})`,
    min: `min(${value})`,
    max: `max(${value})`,
    zeros: `count(*) FILTER (${value} = 0)`,
  };
  return (aggregate) =>
    need(
      `${value}_${aggregate}_${kind === "weekday" ? "weekday_" : ""}${window.length}_at_${lag}`,
      `${sql[aggregate]} OVER ${frame}`,
    );
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
      return scaled(aggregate("sum"), measure);
    case "min":
    case "max":
      return scaled(aggregate(stat), measure);
    case "std": {
      // sqrt((n Σx² - (Σx)²) / (n (n - 1))), the sums exact: nothing cancels out.
      const spread = `(${count} * ${aggregate("squares")} - ${aggregate("sum")} * ${aggregate("sum")})::DOUBLE`;
      return `CASE WHEN ${count} > 1 THEN sqrt(${spread} / (${count} * (${count} - 1)))${over(measure)} END`;
    }
    case "zero_rate":
      return `${aggregate("zeros")}::DOUBLE / ${count}`;
  }
}

const scaled = (sql: string, measure: Measure) => `${sql}::DOUBLE${over(measure)}`;
const over = ({ scale }: Measure) => (scale === 1 ? "" : ` / ${scale}`);
