import type { QueryColumn, QueryRows } from "../../query/index.ts";
import type { Output } from "./output.ts";
import { drained, isClosed } from "./standard-output.ts";
import { visible } from "./visible.ts";

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
    measured.reduce((most, { cells }) => Math.max(most, cellWidth(cells[index] ?? null)), widthOf(name)),
  );
  const widths = fitted(needed, right, width - 2 * (columns.length - 1));
  if (widths === undefined) return listPrinter(names, output);
  const { dim, bold } = output.colors;
  const lineOf = (cells: readonly (string | null)[], styled: (text: string) => string) =>
    cells
      .map((cell, index) => {
        const room = widths[index] ?? 0;
        const text = cell === null ? nullText : right[index] ? cell : cut(cell, room);
        const blanks = " ".repeat(Math.max(0, room - widthOf(text)));
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
  const widest = Math.max(...names.map(widthOf));
  let number = 0;
  return ({ cells }) => {
    output.line(dim(`─ row ${++number}`));
    for (const [index, name] of names.entries()) {
      const cell = cells[index] ?? null;
      const blanks = " ".repeat(widest - widthOf(name));
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

const cellWidth = (cell: string | null) => (cell === null ? nullText.length : widthOf(cell));

/** How many columns of a terminal a text takes. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOfCharacter(character);
  return width;
}

const widthOfCharacter = (character: string) => (/\p{M}/u.test(character) ? 0 : wide.test(character) ? 2 : 1);

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

function cut(text: string, room: number): string {
  if (widthOf(text) <= room) return text;
  let kept = "";
  let width = 0;
  for (const character of text) {
    width += widthOfCharacter(character);
    if (width > room - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
