import { didYouMean } from "../system/did-you-mean.ts";
import { type Column, type FrameKind, ownColumns } from "./columns.ts";
import type { Driver } from "./drivers/driver.ts";
import { plannedPrice } from "./drivers/price.ts";
import { blockSales, blockSeries, bounds, history, openDay, salesOfSeries, series } from "./engine-tables.ts";
import { featureColumn } from "./history/feature-column.ts";
import type { FrameScope } from "./scope.ts";
import type { StagingTable } from "./source/staging-table.ts";
import { specInvalid } from "./specification/read.ts";
import { historyOfBlock } from "./spine/history.ts";
import { seriesSql } from "./spine/series.ts";
import { spineFacts, spineStaging } from "./spine/tables.ts";
import { targetFeatures } from "./spine/target.ts";

/** Everything about a frame that follows from its scope and its drivers, before any row is read. */
export interface FramePlan {
  readonly scope: FrameScope;
  readonly columns: readonly Column[];
  readonly staging: readonly StagingTable[];
  /** SQL that runs once, when everything is extracted. */
  readonly prepare: readonly string[];
  /** SQL that runs for the block of the series numbered `first` to `last`. */
  readonly block: (first: number, last: number) => readonly string[];
  /** The rows of the last block, in the order of the frame. */
  readonly rows: Readonly<Record<FrameKind, string>>;
  /** How many of its training rows have which mask. */
  readonly counts: string;
  /** Its series without a planned price on days of the horizon; undefined without the price driver. */
  readonly missingPrices: string | undefined;
}

export function planFrame(scope: FrameScope, drivers: readonly Driver[]): FramePlan {
  const { spec, cutoff } = scope;
  const plans = drivers.map((driver) => driver.plan(scope));
  const columns = columnsOf(scope, drivers).filter(({ name }) => !spec.exclude.includes(name));
  const driverFacts = plans.flatMap(({ seriesFacts }) => seriesFacts ?? []);
  const facts = byName([...spineFacts(scope), ...driverFacts], ({ staged }) => staged.name);
  const features = [...targetFeatures(scope), ...driverFacts.flatMap((of) => of.features)];
  const from = `
      FROM ${history}
      JOIN ${blockSeries} AS series ON series.n = history.n
      LEFT JOIN ${openDay} ON open_day.store_id = series.store_id AND open_day.day = history.day
      ${plans.flatMap(({ join }) => join ?? []).join("\n      ")}`;
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
    staging: byName(
      [...spineStaging(scope), ...plans.flatMap(({ staging }) => staging ?? [])],
      ({ table }) => table.name,
    ),
    prepare: [
      `CREATE TABLE ${bounds} AS SELECT ${cutoff} AS cutoff`,
      ...seriesSql(scope, facts),
      ...plans.flatMap(({ prepare }) => prepare ?? []),
    ],
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
    rows: { training: rows("training"), future: rows("future") },
    counts: `
      SELECT
        count(*) FILTER (history.is_imputed) AS imputed,
        count(*) FILTER (history.is_stockout) AS stockout,
        count(*) FILTER (open_day.day IS NULL) AS closed
      FROM ${history}
      JOIN ${blockSeries} AS series ON series.n = history.n
      LEFT JOIN ${openDay} ON open_day.store_id = series.store_id AND open_day.day = history.day
      WHERE ${days.training}`,
    // The manifest reports these prices by name: the price driver is the only one whose plans may be missing.
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

/** The spine and a driver may ask for the same table. */
function byName<T>(items: readonly T[], nameOf: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [nameOf(item), item])).values()];
}

/** All columns of a frame with these drivers in their order, before any are excluded. */
export function columnsOf(scope: FrameScope, drivers: readonly Driver[]): Column[] {
  return [...ownColumns(scope.spec), ...driverColumns(scope, drivers)];
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
