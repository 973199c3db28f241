import type { Feature } from "./history/features.ts";
import type { FrameScope } from "./scope.ts";

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
  /** Periods between the row and the last fact it may use; null if the class does not count in periods. */
  readonly lag: number | null;
  /** It is about later days that are known in advance: planned ends, the next holiday. */
  readonly looksAhead?: true;
  readonly description: string;
  /** Over a row of a block: its relations are `history`, `series`, `open_period` and what the drivers join. */
  readonly sql: string;
  /** The same for rows after the cutoff. Default: `sql` */
  readonly sqlInFuture?: string;
  /** The lag or window that it is. */
  readonly feature?: Feature;
}

const both = ["training", "future"] as const;

/** Keys, target and masks. */
export function ownColumns({ spec, grain }: Pick<FrameScope, "spec" | "grain">): Column[] {
  const { freq } = grain;
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
      description:
        freq === "day"
          ? "The day, as its midnight without a zone."
          : `The first day of the ${freq}, as its midnight without a zone.`,
      sql: `DATE '1970-01-01' + ${grain.sql.firstDay("history.period")}`,
    },
    {
      ...own,
      name: "y",
      type: "DOUBLE",
      class: "target",
      frames: ["training"],
      description:
        spec.target === "quantity"
          ? `Units sold ${during[freq]}.`
          : `Amount sold ${during[freq]}, in the retailer's currency.`,
      sql: `history.y::DOUBLE${scale}`,
    },
    {
      ...mask,
      name: "is_imputed",
      type: "BOOLEAN",
      description: `The warehouse has no sales row for the ${freq}, so y was filled in.`,
      sql: "history.is_imputed",
    },
    {
      ...mask,
      name: "is_stockout",
      type: "BOOLEAN",
      description:
        freq === "day"
          ? "The inventory snapshot of the day has nothing left; false without a snapshot."
          : `An inventory snapshot of the ${freq} has nothing left; false without snapshots.`,
      sql: "history.is_stockout",
    },
    {
      ...mask,
      name: "is_store_closed",
      type: "BOOLEAN",
      description: `The warehouse has no sales row of the store for the ${freq}, not even of 0, and no traffic above 0.`,
      sql: isClosed,
    },
    {
      ...mask,
      name: "sample_weight",
      type: "DOUBLE",
      description:
        freq === "day"
          ? "0 if y is not demand (a stockout, no y, a closed day that is masked), otherwise 1."
          : `0 without y, otherwise the share of the ${freq}'s days on which y is demand: without stockouts and masked closed days.`,
      sql: weightOf({ spec, grain }),
    },
    {
      ...own,
      name: "horizon_step",
      type: "INTEGER",
      class: "key",
      frames: ["future"],
      description: `The ${freq} of the horizon; 1 is the first one to forecast.`,
      // It depends on the cutoff; see plan.ts.
      sql: "NULL",
    },
  ];
}

export const isClosed = "open_period.store_id IS NULL";

const during = { day: "on the day", week: "in the week", month: "in the month" } as const;

/** How much of the period's `y` is demand, from 0 to 1. */
export function weightOf({ spec, grain }: Pick<FrameScope, "spec" | "grain">): string {
  const masked = spec.closed_days === "mask";
  if (grain.freq === "day") {
    const not = ["history.is_stockout", "history.y IS NULL", ...(masked ? [isClosed] : [])];
    return `CASE WHEN ${not.join(" OR ")} THEN 0 ELSE 1 END`;
  }
  const { firstDay } = grain.sql;
  const length = `(${firstDay("history.period + 1")} - ${firstDay("history.period")})`;
  const open = masked ? ` * coalesce(open_period.days, 0) / ${length}` : "";
  return `CASE WHEN history.y IS NULL THEN 0 ELSE (1 - history.stockout_share)${open} END`;
}
