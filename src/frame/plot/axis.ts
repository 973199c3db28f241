import type { Columns } from "./columns.ts";
import type { PlottedSeries } from "./series.ts";
import { margin } from "./style.ts";
import { dateTicks } from "./ticks.ts";
import { cutoffOf, stepsText } from "./words.ts";

/** The line of 0 below the bars with a tick per label, and the labels below it: weeks, months or years. */
export function axis({ training, future, cells }: Columns): string[] {
  const firsts = [...training, ...future].map((column) => column.map(({ ds }) => ds));
  const dates = firsts.flat();
  const starts = firsts.flatMap((days, index) => days.map(() => index * cells));
  // The line of the cutoff is a column of its own.
  const past = training.length * cells;
  const at = (index: number) => {
    const start = starts[index] ?? 0;
    return start + (start >= past ? 1 : 0);
  };
  const width = past + (future.length === 0 ? 0 : 1 + future.length * cells);
  const ticks = dateTicks(dates, { at, widthOf: (label) => label.length + 2, end: width + 2 });
  const line = [...`${"─".repeat(past)}${future.length === 0 ? "" : `┴${"─".repeat(width - past - 1)}`}`];
  let labels = "";
  for (const { index, label } of ticks) {
    if (at(index) + label.length > width && index > 0) continue;
    line[at(index)] = "┬";
    labels = `${labels.padEnd(at(index))}${label}`;
  }
  const indent = " ".repeat(margin + 1);
  return [`${"0".padStart(margin - 1)} └${line.join("")}`, `${indent}${labels}`.trimEnd()];
}

/** The line above the bars: the unit, the cutoff left of its line, and right of it how much there is to forecast. */
export function regions(series: PlottedSeries, { training, future, cells }: Columns, unit: string): string {
  const start = `${unit.padStart(margin - 1)}  `;
  const cutoff = cutoffOf(series);
  if (cutoff === undefined) return start.trimEnd();
  const [past, ahead] = [training.length * cells, future.length * cells];
  const before = longest([`cutoff ${cutoff}`, "cutoff", ""], past);
  const after = longest(
    [`${stepsText(series.future.length, series)} to forecast`, "to forecast", "forecast", ""],
    ahead,
  );
  return `${start}${before.padStart(past)}┊${after}`.trimEnd();
}

/** The first text that fits; the last is empty. */
const longest = (texts: readonly string[], room: number) => texts.find(({ length }) => length <= room) ?? "";
