import { bounds } from "./engine-tables.ts";
import type { FrameSpec } from "./specification/index.ts";

/**
 * The type in DuckDB. A TIMESTAMP has no zone and is the midnight that a day begins with. An INTEGER or a BOOLEAN is never NULL:
 * pandas has no NULL for them and reads them as another type, so that the two frames would differ. A whole number that can be NULL
 * is a DOUBLE.
 */
export type ColumnType = "VARCHAR" | "TIMESTAMP" | "DOUBLE" | "INTEGER" | "BOOLEAN";

/**
 * When a column is known. A mask describes the target of its own day and is for fitting only. Static, future and historic are the
 * classes of drivers: known always, in advance, or only afterwards.
 */
export type ColumnClass = "key" | "target" | "mask" | "static" | "future" | "historic";

export type FrameKind = "training" | "future";

/** A column of the frame as the manifest describes it, and its SQL. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly class: ColumnClass;
  /** Null for keys, the target and its masks. */
  readonly driver: string | null;
  readonly frames: readonly FrameKind[];
  /** Days between the row and the last fact it may use; null if the class does not count in days. */
  readonly lag: number | null;
  /** It is about later days that are known in advance: planned ends, the next holiday. */
  readonly looksAhead?: true;
  readonly description: string;
  /** Over a row of a block: its relations are `history`, `series`, `open_day` and what the drivers join. */
  readonly sql: string;
}

const both = ["training", "future"] as const;

/** Keys, target and masks. */
export function ownColumns(spec: FrameSpec): Column[] {
  const masked = [
    "history.is_stockout",
    "history.y IS NULL",
    ...(spec.closed_days === "mask" ? ["open_day.day IS NULL"] : []),
  ];
  const scale = spec.target === "total_amount" ? " / 100" : "";
  const own = { driver: null, lag: null } as const;
  const mask = { ...own, class: "mask", frames: ["training"] } as const;
  return [
    {
      ...own,
      name: "unique_id",
      type: "VARCHAR",
      class: "key",
      frames: both,
      description: `The series: the store's code, "${spec.series.separator}", the product's SKU.`,
      sql: "series.unique_id",
    },
    {
      ...own,
      name: "ds",
      type: "TIMESTAMP",
      class: "key",
      frames: both,
      description: "The day, as its midnight without a zone.",
      sql: "DATE '1970-01-01' + history.day",
    },
    {
      ...own,
      name: "y",
      type: "DOUBLE",
      class: "target",
      frames: ["training"],
      description:
        spec.target === "quantity"
          ? "Units sold on the day."
          : "Amount sold on the day, in the retailer's currency.",
      sql: `history.y::DOUBLE${scale}`,
    },
    {
      ...mask,
      name: "is_imputed",
      type: "BOOLEAN",
      description: "The warehouse has no sales row for the day, so y was filled in.",
      sql: "history.is_imputed",
    },
    {
      ...mask,
      name: "is_stockout",
      type: "BOOLEAN",
      description: "The inventory snapshot of the day has nothing left; false without a snapshot.",
      sql: "history.is_stockout",
    },
    {
      ...mask,
      name: "is_store_closed",
      type: "BOOLEAN",
      description:
        "The warehouse has no sales row of the store for the day, not even of 0, and no traffic above 0.",
      sql: "open_day.day IS NULL",
    },
    {
      ...mask,
      name: "sample_weight",
      type: "DOUBLE",
      description: "0 if y is not demand (a stockout, no y, a closed day that is masked), otherwise 1.",
      sql: `CASE WHEN ${masked.join(" OR ")} THEN 0 ELSE 1 END`,
    },
    {
      ...own,
      name: "horizon_step",
      type: "INTEGER",
      class: "key",
      frames: ["future"],
      description: "Days after the cutoff; 1 on the first day to forecast.",
      sql: `history.day - (SELECT cutoff FROM ${bounds})`,
    },
  ];
}
