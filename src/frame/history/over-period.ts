import type { Grain } from "../grain.ts";
import type { Measure } from "./features.ts";

/**
 * SQL that makes one whole number of the days of a period, over rows of one day each that are grouped by period. In a daily frame it
 * is the column itself, and nothing is grouped.
 */
export function overPeriod({ over }: Pick<Measure, "over">, column: string, { freq }: Grain): string {
  if (freq === "day") return column;
  switch (over) {
    case "sum":
      return `sum(${column})::BIGINT`;
    case "mean":
      return `round(avg(${column}))::BIGINT`;
    case "min":
    case "max":
      return `${over}(${column})`;
    case "last":
      return `arg_max(${column}, day)`;
  }
}
