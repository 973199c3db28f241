import { cutEnd, cutStart, displayWidth, padEnd, padStart } from "../../system/display-width.ts";
import { numberText } from "../../system/numbers.ts";
import { visible } from "../../system/visible-text.ts";

type Cell = string | number;

/**
 * An aligned table: text to the left, numbers (and decimals kept as text) to the right; the first row is the heading. Text that
 * does not fit is cut, numbers and days never: if they do not fit, every row becomes lines of a heading and a value.
 *
 * @param room columns that a line may take
 * @param paths headings of columns that are cut at their start, because the end tells values apart
 */
export function table(
  rows: readonly (readonly Cell[])[],
  room = Number.POSITIVE_INFINITY,
  paths: readonly string[] = [],
): string[] {
  const cells = rows.map((row) => row.map(shown));
  const [heading = []] = cells;
  const columns = heading.map((title, index) => columnOf(cells, index, paths.includes(title)));
  const widths = fitted(columns, room);
  if (widths === undefined) return stacked(cells);
  return cells.map((row) =>
    columns
      .map(({ numeric, cut }, index) => {
        const [cell, width] = [row[index] ?? "", widths[index] ?? 0];
        return numeric ? padStart(cell, width) : padEnd(cut(cell, width), width);
      })
      .join(gap)
      .trimEnd(),
  );
}

const gap = "  ";

interface Column {
  readonly numeric: boolean;
  readonly width: number;
  /** The width below which its values say too little. */
  readonly least: number;
  readonly cut: (text: string, width: number) => string;
}

function columnOf(cells: readonly string[][], index: number, path: boolean): Column {
  const values = cells.map((row) => row[index] ?? "");
  const numeric = values.slice(1).every((value) => /^-?[\d,]+(\.\d+)?$/.test(value));
  const width = Math.max(...values.map(displayWidth));
  const fixed = numeric || values.some((value) => /^\d{4}-\d{2}-\d{2}/.test(value));
  const least = fixed ? width : Math.min(width, Math.max(displayWidth(values[0] ?? ""), readable));
  return { numeric, width, least, cut: path ? cutStart : cutEnd };
}

/** So many columns of a text are shown at least. */
const readable = 10;

/** The widths of the columns, the widest texts narrowed until a line fits; undefined if they cannot be. */
function fitted(columns: readonly Column[], room: number): number[] | undefined {
  const widths = columns.map(({ width }) => width);
  const line = () =>
    widths.reduce((sum, width) => sum + width, 0) + gap.length * Math.max(0, widths.length - 1);
  while (line() > room) {
    const over = columns.map(({ least }, index) => ((widths[index] ?? 0) > least ? (widths[index] ?? 0) : 0));
    const widest = over.indexOf(Math.max(...over));
    if ((over[widest] ?? 0) === 0) return undefined;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** Every row as lines of a heading and a value, without empty values. */
function stacked([heading = [], ...rows]: readonly string[][]): string[] {
  const margin = Math.max(...heading.map(displayWidth));
  return rows.flatMap((row, index) => [
    ...(index === 0 ? [] : [""]),
    ...row.flatMap((cell, column) =>
      cell.trim() === "" ? [] : [`${padEnd(heading[column] ?? "", margin)}${gap}${cell.trim()}`],
    ),
  ]);
}

const shown = (cell: Cell) => visible(typeof cell === "number" ? numberText(cell, 3) : cell);
