import { didYouMean } from "../system/did-you-mean.ts";
import { type Column, type FrameKind, isClosed, ownColumns, weightOf } from "./columns.ts";
import type { Driver } from "./drivers/driver.ts";
import { plannedPrice } from "./drivers/price.ts";
import { blockSales, blockSeries, history, openPeriod, salesOfSeries, series } from "./engine-tables.ts";
import { featureColumn } from "./history/feature-column.ts";
import { featureName } from "./history/features.ts";
import type { Fold, FrameScope } from "./scope.ts";
import type { StagingTable } from "./source/staging-table.ts";
import { specInvalid } from "./specification/read.ts";
import { historyOfBlock } from "./spine/history.ts";
import { seriesSql } from "./spine/series.ts";
import { spineFacts, spineStaging } from "./spine/tables.ts";
import { targetFeatures } from "./spine/target.ts";

/** Everything about frames that follows from their scope and their drivers, before any row is read. */
export interface FramePlan {
  readonly scope: FrameScope;
  /** The columns of the frames of any cutoff. */
  readonly columns: readonly Column[];
  readonly staging: readonly StagingTable[];
  /** SQL that runs once, when everything is extracted. */
  readonly prepare: readonly string[];
  /** SQL that runs for the block of the series numbered `first` to `last`. */
  readonly block: (first: number, last: number) => readonly string[];
  /**
   * The rows of the last block with all columns: one per series and period, in no order. A training row is the same for every cutoff.
   * The names of the columns that frames do not show begin with an underscore.
   */
  readonly blockRows: string;
  /**
   * The rows of one of the frames of a cutoff.
   *
   * @param from the relation of {@link blockRows}
   */
  readonly rows: (fold: Fold, frame: FrameKind, columns: readonly Column[], from: string) => string;
  /** Whether rows have `_planned_price`. */
  readonly hasPrices: boolean;
}

/** @param wanted the names of the columns that any of the frames has, before some are excluded. Default: all */
export function planFrame(
  scope: FrameScope,
  drivers: readonly Driver[],
  wanted?: ReadonlySet<string>,
): FramePlan {
  const { spec } = scope;
  const plans = drivers.map((driver) => driver.plan(scope));
  const columns = columnsOf(scope, drivers).filter(
    ({ name }) => (wanted?.has(name) ?? true) && !spec.exclude.includes(name),
  );
  const driverFacts = plans.flatMap(({ seriesFacts }) => seriesFacts ?? []);
  const facts = byName([...spineFacts(scope), ...driverFacts], ({ staged }) => staged.name);
  const computed = new Set(columns.map(({ name }) => name));
  const features = [...targetFeatures(scope), ...driverFacts.flatMap((of) => of.features)].filter((feature) =>
    computed.has(featureName(feature)),
  );
  // The manifest reports these prices by name: the price driver is the only one whose plans may be missing.
  const hasPrices = drivers.some(({ name }) => name === "price");
  return {
    scope,
    columns,
    staging: byName(
      [...spineStaging(scope), ...plans.flatMap(({ staging }) => staging ?? [])],
      ({ table }) => table.name,
    ),
    prepare: [...seriesSql(scope, facts), ...plans.flatMap(({ prepare }) => prepare ?? [])],
    block: (first, last) => {
      const within = `WHERE n BETWEEN ${first} AND ${last}`;
      return [
        `CREATE OR REPLACE TABLE ${blockSeries} AS SELECT * FROM ${series} ${within}`,
        `CREATE OR REPLACE VIEW ${blockSales} AS SELECT * FROM ${salesOfSeries} ${within}`,
        ...facts.map(
          ({ ofBlock, ofSeries }) =>
            `CREATE OR REPLACE VIEW ${ofBlock} AS SELECT * FROM ${ofSeries} ${within}`,
        ),
        historyOfBlock(scope, facts, features),
        ...plans.flatMap(({ block }) => block ?? []),
      ];
    },
    blockRows: `
      SELECT
        ${[
          "history.n AS _n",
          "history.period AS _period",
          "history.first_period AS _first_period",
          "history.is_imputed AS _is_imputed",
          "history.is_stockout AS _is_stockout",
          `${isClosed} AS _is_closed`,
          `${weightOf(scope)} AS _sample_weight`,
          ...(spec.ended.policy === "keep" ? [] : ["series.last_sale_days AS _last_sale_days"]),
          ...(hasPrices ? [`${plannedPrice(scope)} AS _planned_price`] : []),
          ...columns.filter(({ name }) => name !== "horizon_step").flatMap(bothSql),
        ].join(",\n        ")}
      FROM ${history}
      JOIN ${blockSeries} AS series ON series.n = history.n
      LEFT JOIN ${openPeriod}
        ON open_period.store_id = series.store_id AND open_period.period = history.period
      ${plans.flatMap(({ join }) => join ?? []).join("\n      ")}`,
    rows: (fold, frame, shown, from) => `
      SELECT
        ${[...shown.filter(({ frames }) => frames.includes(frame)).map((column) => shownSql(column, frame, fold, scope)), ...internal[frame], ...(hasPrices && frame === "future" ? ["_planned_price"] : [])].join(",\n        ")}
      FROM ${from}
      WHERE ${conditions(fold, frame, scope).join(" AND ")}`,
    hasPrices,
  };
}

/** What counts are made of. */
const internal: Record<FrameKind, readonly string[]> = {
  training: ["_n", "_period", "_is_imputed", "_is_stockout", "_is_closed", "_sample_weight"],
  future: ["_n", "_period"],
};

function bothSql({ name, type, sql, sqlInFuture = sql }: Column): string[] {
  const of = (expression: string, alias: string) => `CAST(${expression} AS ${type}) AS ${alias}`;
  return [of(sql, name), ...(sqlInFuture === sql ? [] : [of(sqlInFuture, `_future_${name}`)])];
}

/** A column as the frame of a cutoff has it. After the cutoff, facts are known only as far as the lag reaches back to it. */
function shownSql(
  { name, sql, sqlInFuture = sql, class: known, lag }: Column,
  frame: FrameKind,
  { period }: Fold,
  { horizon }: FrameScope,
): string {
  if (name === "horizon_step") return `(_period - ${period})::INTEGER AS horizon_step`;
  if (frame === "training") return name;
  if (sqlInFuture !== sql) return `_future_${name} AS ${name}`;
  return known === "historic" && lag !== null && lag < horizon
    ? `CASE WHEN _period <= ${period + lag} THEN ${name} END AS ${name}`
    : name;
}

function conditions(fold: Fold, frame: FrameKind, { spec, grain, horizon, folds }: FrameScope): string[] {
  const { period, knownUntil } = fold;
  const { after_days, policy } = spec.ended;
  // A list of DuckDB begins with 1.
  const lastSale = `_last_sale_days[${folds.indexOf(fold) + 1}]`;
  const ended = `${knownUntil} - ${lastSale} > ${after_days}`;
  const drops = policy === "drop" || (policy === "trim" && frame === "future");
  return [
    frame === "training"
      ? `_period <= ${period}`
      : `_period BETWEEN ${period + 1} AND ${period + horizon} AND _first_period <= ${period}`,
    ...(drops ? [`NOT (${ended})`] : []),
    ...(policy === "trim" && frame === "training"
      ? [`(NOT (${ended}) OR _period <= ${grain.sql.periodOf(lastSale)})`]
      : []),
    ...(frame === "training" && spec.closed_days === "drop" ? ["NOT _is_closed"] : []),
  ];
}

/** The spine and a driver may ask for the same table. */
function byName<T>(items: readonly T[], nameOf: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [nameOf(item), item])).values()];
}

/** All columns of a frame with these drivers in their order, before any are excluded. */
export function columnsOf(scope: FrameScope, drivers: readonly Driver[]): Column[] {
  return [...ownColumns(scope), ...driverColumns(scope, drivers)];
}

/** @throws FRAME_SPEC_INVALID if `exclude` names something that is not a column, or is a key or the target */
export function requireExcludable(
  exclude: readonly string[],
  columns: readonly Column[],
  path: string,
): void {
  const names = columns
    .filter((column) => column.class !== "key" && column.class !== "target")
    .map(({ name }) => name);
  for (const name of exclude) {
    if (names.includes(name)) continue;
    const hint = didYouMean(name, names) ?? "see the columns in the manifest of a frame";
    throw specInvalid(path, `exclude: ${name} is not a column that can be left out; ${hint}`);
  }
}

/** Static, then future columns, features of the target, then those of the historic drivers. */
function driverColumns(scope: FrameScope, drivers: readonly Driver[]): Column[] {
  const inBoth = { frames: ["training", "future"] } as const;
  const of = (driver: Driver): Column[] =>
    driver.plan(scope).columns.map((column) => ({
      ...column,
      ...inBoth,
      class: driver.class,
      driver: driver.name,
      lag: column.lag ?? null,
    }));
  const target = targetFeatures(scope).map(
    (feature): Column => ({
      ...featureColumn(feature, history),
      ...inBoth,
      class: "historic",
      driver: "sales",
    }),
  );
  return [
    ...drivers.filter((driver) => driver.class !== "historic").flatMap(of),
    ...target,
    ...drivers.filter((driver) => driver.class === "historic").flatMap(of),
  ];
}
