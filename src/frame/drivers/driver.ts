import type { Column } from "../columns.ts";
import type { Day } from "../days.ts";
import type { Staged } from "../source/source.ts";
import type { FrameSpec } from "../specification/index.ts";

/** What a driver is made for. */
export interface FrameScope {
  readonly spec: FrameSpec;
  readonly cutoff: Day;
  readonly horizon: number;
  /** Conditions on facts: recorded in time, of the stores, of the products that are wanted. SQL that always holds a condition. */
  readonly recorded: string;
  readonly ofStores: string;
  readonly ofProducts: string;
}

/** A column of a driver; the driver adds what they have in common. */
export type DriverColumn = Pick<Column, "name" | "type" | "description" | "sql" | "looksAhead"> & {
  readonly lag?: number;
};

/**
 * Something that may explain sales. It declares when it is known, and its class decides what it can reach:
 * a static driver is joined by series, a future one by series and day to plans and the calendar; of a historic one the frame takes
 * nothing but features, lags and windows that end before the day, from facts up to the cutoff.
 */
export interface Driver {
  readonly name: string;
  readonly class: "static" | "future" | "historic";
  /** What it reads of the warehouse. */
  readonly stages: readonly Staged[];
  /** SQL that makes its relations once, when everything is staged. */
  readonly prepare: readonly string[];
  /** SQL that makes its relations of one block of series. */
  readonly block: readonly string[];
  /** How a row of the block (`history`, `series`) finds them; empty where it has them. */
  readonly join: string;
  readonly columns: readonly DriverColumn[];
}
