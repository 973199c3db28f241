import type { Column } from "../columns.ts";
import type { EngineTable } from "../engine-tables.ts";
import type { Feature, Measure } from "../history/features.ts";
import type { FrameScope } from "../scope.ts";
import type { WarehouseReader } from "../source/reader.ts";
import type { StagingTable } from "../source/staging-table.ts";
import type { WarehouseTable } from "../source/warehouse-table.ts";

/**
 * Something that may explain sales, declared as a whole in one file. Its class says when it is known and so decides what a row can
 * see of it: a static driver is joined by series, a future one by series and day to plans and the calendar. Of a historic one a row
 * has only features, lags and windows that end before its day, of facts up to the cutoff.
 *
 * A new driver is a file, its line in index.ts, and its name and options in the schema of specs.
 */
export interface Driver {
  /** Its name in specs and manifests. */
  readonly name: string;
  readonly class: "static" | "future" | "historic";
  /**
   * The tables of the warehouse it reads. Every frame locks them, and every audit copies and changes them. If one of its fact tables
   * has no rows up to the cutoff, the default frame omits the driver.
   */
  readonly reads: readonly WarehouseTable[];
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
  /** Joins its tables to a row of a block, which has the relations `history` and `series`. */
  readonly join?: string;
  readonly seriesFacts?: SeriesFacts;
  readonly columns: readonly DriverColumn[];
}

/** A column of a driver. The driver adds what its columns have in common. */
export type DriverColumn = Pick<Column, "name" | "type" | "description" | "sql" | "looksAhead"> & {
  readonly lag?: number;
};

/**
 * Historic facts of the series themselves, by day. They are joined to the spine, where their features are computed together with
 * those of the target: one order of rows serves all windows. A table and a statement for each driver would order the rows of
 * every block again.
 */
export interface SeriesFacts {
  /** One row per day, store and product. Dropped when {@link ofSeries} is made. */
  readonly staged: EngineTable;
  /** One row per series and day, in the order of blocks. */
  readonly ofSeries: EngineTable;
  /** A view of the rows of a block. */
  readonly ofBlock: EngineTable;
  /** Each measure, and its SQL over a row that has the name of the staged table. */
  readonly measures: readonly { readonly measure: Measure; readonly sql: string }[];
  readonly features: readonly Feature[];
}
