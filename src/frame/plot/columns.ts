import type { PlottedDay, PlottedSeries } from "./series.ts";

/** The days of one column of the plot, all before or all after the cutoff. */
export type Column = readonly PlottedDay[];

export interface Columns {
  readonly days_per_column: number;
  readonly training: readonly Column[];
  readonly future: readonly Column[];
}

/** So many days of the past are shown at least, however long the horizon is. */
const leastDays = 28;

/**
 * Divides the room, in columns, between the future and the last `days` days of the past. If there are more days than columns,
 * a column shows several days, counted from the cutoff.
 *
 * @param days default: as many as have a column of their own
 */
export function columnsOf({ training, future }: PlottedSeries, room: number, days?: number): Columns {
  const shown = training.slice(-Math.max(1, days ?? Math.max(leastDays, room - future.length)));
  for (let each = 1; ; each++) {
    const past = chunks(shown.toReversed(), each)
      .map((column) => column.toReversed())
      .toReversed();
    const ahead = chunks(future, each);
    if (past.length + ahead.length <= room) return { days_per_column: each, training: past, future: ahead };
  }
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** The mean of the known values of a column; null if there are none. */
export function meanOf(column: Column, value: (day: PlottedDay) => number | null): number | null {
  const known = column.map(value).filter((given) => given !== null);
  return known.length === 0 ? null : known.reduce((sum, given) => sum + given, 0) / known.length;
}
