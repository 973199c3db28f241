import type { Column } from "../columns.ts";
import type { EngineTable } from "../engine-tables.ts";
import type { Feature, Measure } from "../history/features.ts";
import type { FrameScope } from "../scope.ts";
import type { WarehouseReader } from "../source/reader.ts";
import type { StagingTable } from "../source/staging-table.ts";
import type { WarehouseTable } from "../source/warehouse-table.ts";

/**
 * A source of features, declared as a whole in one file. Its class says when it is known, and so what a row can use: attributes of
 * the series (static), the calendar and plans for the day of the row (future), or only lags and windows of facts up to the cutoff
 * that end before the day of the row (historic).
 *
 * To add a driver, write its file, add it to the list in index.ts, and add its name and options to the schema of specs.
 */
export interface Driver {
  /** Its name in specs and manifests. */
  readonly name: string;
  readonly class: "static" | "future" | "historic";
  /**
   * The tables of the warehouse it reads. Every frame locks them, and every audit copies and changes them. The default frame omits
   * the driver if one of its fact tables has no rows up to the cutoff.
   */
  readonly reads: readonly WarehouseTable[];
  /** Columns of its facts, named like their measures, that may have no value on any day. */
  readonly sparse?: readonly string[];
  /** The tables of DuckDB it makes. */
  readonly engineTables: readonly EngineTable[];
  /** Throws if the warehouse lacks what it needs about the days of the frame. */
  readonly require?: (
    reader: WarehouseReader,
    days: { readonly from: string; readonly to: string },
  ) => Promise<void>;
  readonly plan: (scope: FrameScope) => DriverPlan;
}

/** What a driver adds to a frame. */
export interface DriverPlan {
  /** What it extracts from the warehouse. */
  readonly staging?: readonly StagingTable[];
  /** SQL that makes its tables once, when everything is extracted. */
  readonly prepare?: readonly string[];
  /** SQL that makes its tables of one block of series. */
  readonly block?: readonly string[];
  /** Joins its tables to a row of a block, which has the relations `history` (one row per series and period) and `series`. */
  readonly join?: string;
  readonly seriesFacts?: SeriesFacts;
  readonly columns: readonly DriverColumn[];
}

/** A column of a driver. The driver adds what its columns have in common. */
export type DriverColumn = Pick<
  Column,
  "name" | "type" | "description" | "sql" | "sqlInFuture" | "looksAhead" | "feature"
> & {
  readonly lag?: number;
};

/**
 * Historic facts of the series themselves, by period. They are joined to the spine, where their features are computed together with
 * those of the target: one order of rows serves all windows. A table and a statement for each driver would order the rows of
 * every block again.
 */
export interface SeriesFacts {
  /** One row per day, store and product. Dropped when {@link ofSeries} is made. */
  readonly staged: EngineTable;
  /** One row per series and period, in the order of blocks. */
  readonly ofSeries: EngineTable;
  /** A view of the rows of a block. */
  readonly ofBlock: EngineTable;
  /** The columns of {@link ofSeries}: SQL over a row of {@link staged}, or over those of a period; see `overPeriod`. */
  readonly columns: readonly { readonly name: string; readonly sql: string }[];
  /** Each measure, and its SQL over a row of {@link ofBlock} that has the name of the staged table. */
  readonly measures: readonly { readonly measure: Measure; readonly sql: string }[];
  /** Masks of the period itself, over the measures: `expression AS name`. */
  readonly masks?: readonly string[];
  readonly features: readonly Feature[];
}
