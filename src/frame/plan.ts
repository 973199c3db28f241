import { didYouMean } from "../system/did-you-mean.ts";
import { type Column, type FrameKind, ownColumns } from "./columns.ts";
import type { Driver, FrameScope } from "./drivers/driver.ts";
import { plannedPrice } from "./drivers/price.ts";
import { describeFeature, featureName } from "./history/features.ts";
import type { Staged } from "./source/source.ts";
import { specInvalid } from "./specification/read.ts";
import { historyOfBlock, seriesSql, spineStages, targetFeatures } from "./spine.ts";

/** Everything about a frame that follows from its spec, without a look at a row. */
export interface FramePlan {
  readonly scope: FrameScope;
  readonly columns: readonly Column[];
  readonly stages: readonly Staged[];
  /** SQL that runs once, when everything is staged. */
  readonly prepare: readonly string[];
  /** SQL that runs for each block of series, `first` to `last`. */
  readonly block: (first: number, last: number) => readonly string[];
  /** The rows of the block that was made last, in the order of the frame. */
  readonly rows: Readonly<Record<FrameKind, string>>;
  /** Of its training rows: how many have which mask. */
  readonly counts: string;
  /** Of its future rows: the series without a planned price on some days; only with the price driver. */
  readonly missingPrices: string | undefined;
}

export function planFrame(scope: FrameScope, drivers: readonly Driver[]): FramePlan {
  const { spec, cutoff } = scope;
  const columns = columnsOf(scope, drivers).filter(({ name }) => !spec.exclude.includes(name));
  const joins = drivers.map(({ join }) => join).filter((join) => join !== "");
  const from = `
      FROM history
      JOIN block_series AS series ON series.n = history.n
      LEFT JOIN open_day ON open_day.store_id = series.store_id AND open_day.day = history.day
      ${joins.join("\n      ")}`;
  const open = spec.closed_days === "drop" ? "AND open_day.day IS NOT NULL" : "";
  const days = { training: `history.day <= ${cutoff} ${open}`, future: `history.day > ${cutoff}` };
  const rows = (frame: FrameKind) => {
    const shown = columns.filter(({ frames }) => frames.includes(frame));
    return `
      SELECT
        ${shown.map(({ sql, type, name }) => `CAST(${sql} AS ${type}) AS ${name}`).join(",\n        ")}
      ${from}
      WHERE ${days[frame]}
      ORDER BY history.n, history.day`;
  };
  return {
    scope,
    columns,
    stages: [...spineStages(scope), ...drivers.flatMap(({ stages }) => stages)],
    prepare: [
      `CREATE TABLE bounds AS SELECT ${cutoff} AS cutoff`,
      ...seriesSql(scope),
      ...drivers.flatMap(({ prepare }) => prepare),
    ],
    block: (first, last) => [
      `CREATE OR REPLACE TABLE block_series AS SELECT * FROM series WHERE n BETWEEN ${first} AND ${last}`,
      `CREATE OR REPLACE VIEW block_sales AS SELECT * FROM sales_of_series WHERE n BETWEEN ${first} AND ${last}`,
      `CREATE OR REPLACE VIEW block_inventory AS SELECT * FROM inventory_of_series WHERE n BETWEEN ${first} AND ${last}`,
      historyOfBlock(scope),
      ...drivers.flatMap(({ block }) => block),
    ],
    rows: { training: rows("training"), future: rows("future") },
    counts: `
      SELECT
        count(*) FILTER (history.is_imputed) AS imputed,
        count(*) FILTER (history.is_stockout) AS stockout,
        count(*) FILTER (open_day.day IS NULL) AS closed
      FROM history
      JOIN block_series AS series ON series.n = history.n
      LEFT JOIN open_day ON open_day.store_id = series.store_id AND open_day.day = history.day
      WHERE ${days.training}`,
    missingPrices: drivers.some(({ name }) => name === "price")
      ? `
      SELECT series.unique_id, min(history.day) AS first, max(history.day) AS last, count(*) AS days
      ${from}
      WHERE ${days.future} AND ${plannedPrice} IS NULL
      GROUP BY series.unique_id
      ORDER BY series.unique_id`
      : undefined,
  };
}

/** All columns these drivers give, in the order of the frame, those that are excluded too. */
export function columnsOf(scope: FrameScope, drivers: readonly Driver[]): Column[] {
  return [...ownColumns(scope.spec), ...driverColumns(scope, drivers)];
}

/** @throws FRAME_SPEC_INVALID where `exclude` names none of the columns, or a key or the target */
export function requireExcludable(
  exclude: readonly string[],
  columns: readonly Column[],
  path: string,
): void {
  const names = columns.filter((column) => column.class !== "key" && column.class !== "target");
  for (const name of exclude) {
    if (names.some((column) => column.name === name)) continue;
    const guess = didYouMean(
      name,
      names.map((column) => column.name),
    );
    const hint = guess ?? "see the columns in the manifest of a frame";
    throw specInvalid(path, `exclude: ${name} is not a column that can be left out; ${hint}`);
  }
}

/** Static, future, then historic: lags of the target, then those of the historic drivers. */
function driverColumns(scope: FrameScope, drivers: readonly Driver[]): Column[] {
  const of = (driver: Driver): Column[] =>
    driver.columns.map((column) => ({
      ...column,
      class: driver.class,
      driver: driver.name,
      frames: ["training", "future"],
      lag: column.lag ?? null,
    }));
  const target = targetFeatures(scope).map((feature): Column => {
    const name = featureName(feature);
    return {
      name,
      type: "DOUBLE",
      class: "historic",
      driver: "sales",
      frames: ["training", "future"],
      lag: feature.lag,
      description: describeFeature(feature),
      sql: `history.${name}`,
    };
  });
  return [
    ...drivers.filter((driver) => driver.class !== "historic").flatMap(of),
    ...target,
    ...drivers.filter((driver) => driver.class === "historic").flatMap(of),
  ];
}
