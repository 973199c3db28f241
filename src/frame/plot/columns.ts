import type { PlottedDay, PlottedSeries } from "./series.ts";

/** The days of one column of the plot, all before or all after the cutoff. */
export type Column = readonly PlottedDay[];

export interface Columns {
  readonly days_per_column: number;
  /** Characters that a column takes: more than one if there is room for all days. */
  readonly cells: number;
  readonly training: readonly Column[];
  readonly future: readonly Column[];
}

/** So many days of the past are shown at least, however long the horizon is. */
const leastDays = 28;

/** A column of more characters looks like a block, not like a bar. */
const mostCells = 6;

/**
 * Divides the room, in characters, between the future and the last `days` days of the past. If there are more days than
 * characters, a column shows several days, counted from the cutoff.
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
    const count = past.length + ahead.length;
    if (count > room) continue;
    const cells = Math.min(mostCells, Math.floor(room / count));
    return { days_per_column: each, cells, training: past, future: ahead };
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
