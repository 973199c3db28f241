import type { QueryColumn, QueryRows } from "../../query/index.ts";
import { cutEnd, displayWidth } from "../../system/display-width.ts";
import { visible } from "../../system/visible-text.ts";
import type { Output } from "./output.ts";
import { drained, isClosed } from "./standard-output.ts";

/** How many rows are looked at to find the widths of the columns; later rows have the same widths. */
const measuredRows = 1000;

/** A column is not cut below this, and a number never is. */
const leastWidth = 8;

interface Line {
  readonly cells: readonly (string | null)[];
}

/**
 * Prints rows as they arrive. On a terminal, long texts are cut to fit; if that is not enough, each row is printed as a list of
 * its columns. Elsewhere nothing is cut.
 */
export async function printQueryTable(
  rows: QueryRows,
  output: Output,
  stdout: NodeJS.WriteStream,
  signal: AbortSignal,
): Promise<void> {
  const width = stdout.isTTY ? output.width : Number.POSITIVE_INFINITY;
  const { columns } = rows;
  if (columns.length === 0) {
    for await (const _ of rows.batches);
    return;
  }
  const names = columns.map(({ name }) => visible(name));
  let held: Line[] = [];
  let print: ((line: Line) => void) | undefined;
  const start = () => {
    print = printerOf(columns, names, held, output, width);
    for (const line of held) print(line);
    held = [];
  };
  for await (const batch of rows.batches) {
    for (const row of batch) {
      const line = { cells: row.map((value) => (value === null ? null : visible(value))) };
      if (print !== undefined) print(line);
      else if (held.push(line) === measuredRows) start();
    }
    await drained(stdout, signal);
    if (isClosed(stdout)) return;
  }
  if (print === undefined) start();
}

function printerOf(
  columns: readonly QueryColumn[],
  names: readonly string[],
  measured: readonly Line[],
  output: Output,
  width: number,
): (line: Line) => void {
  const right = columns.map(({ kind }) => kind === "number" || kind === "decimal");
  const needed = names.map((name, index) =>
    measured.reduce((most, { cells }) => Math.max(most, cellWidth(cells[index] ?? null)), displayWidth(name)),
  );
  const widths = fitted(needed, right, width - 2 * (columns.length - 1));
  if (widths === undefined) return listPrinter(names, output);
  const { dim, bold } = output.colors;
  const lineOf = (cells: readonly (string | null)[], styled: (text: string) => string) =>
    cells
      .map((cell, index) => {
        const room = widths[index] ?? 0;
        const text = cell === null ? nullText : right[index] ? cell : cutEnd(cell, room);
        const blanks = " ".repeat(Math.max(0, room - displayWidth(text)));
        const shown = cell === null ? dim(text) : styled(text);
        return right[index] ? `${blanks}${shown}` : `${shown}${blanks}`;
      })
      .join("  ")
      .trimEnd();
  output.line(lineOf(names, bold));
  output.line(dim(widths.map((room) => "─".repeat(room)).join("  ")));
  return ({ cells }) => output.line(lineOf(cells, (text) => text));
}

/** `name  value`, one column per line, with a line between rows. */
function listPrinter(names: readonly string[], output: Output): (line: Line) => void {
  const { dim, bold } = output.colors;
  const widest = Math.max(...names.map(displayWidth));
  let number = 0;
  return ({ cells }) => {
    output.line(dim(`─ row ${++number}`));
    for (const [index, name] of names.entries()) {
      const cell = cells[index] ?? null;
      const blanks = " ".repeat(widest - displayWidth(name));
      output.line(`${bold(name)}${blanks}  ${cell === null ? dim(nullText) : cell}`);
    }
  };
}

const nullText = "NULL";

/** The widths of columns that fit: the widest texts are cut first. Undefined if they cannot be cut enough. */
function fitted(
  needed: readonly number[],
  right: readonly boolean[],
  room: number,
): readonly number[] | undefined {
  const widths = [...needed];
  let surplus = widths.reduce((sum, width) => sum + width, 0) - room;
  while (surplus > 0) {
    const cuttable = widths.map((width, index) => (right[index] ? 0 : width));
    const widest = Math.max(...cuttable);
    if (widest <= leastWidth) return undefined;
    widths[cuttable.indexOf(widest)] = widest - 1;
    surplus -= 1;
  }
  return widths;
}

const cellWidth = (cell: string | null) => (cell === null ? nullText.length : displayWidth(cell));
