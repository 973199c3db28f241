import { paintedWidth } from "./palette.ts";

/**
 * A line as lines of at most so many columns, broken at spaces. The next lines are indented more than the first, or start
 * below what follows a label (`data     /srv/shop`). A word that is too long, such as a path, is left whole.
 *
 * @param indent columns that the next lines are indented by
 */
export function wrapped(text: string, room: number, indent = indentOf(text, room)): string[] {
  if (paintedWidth(text) <= room) return [text];
  const hanging = " ".repeat(indent);
  const lines: string[] = [];
  let line = "";
  for (const piece of text.split(/(?<=\S)(?= )/)) {
    if (line.trim() !== "" && paintedWidth(line + piece) > room) {
      lines.push(line);
      line = hanging + piece.trimStart();
    } else {
      line += piece;
    }
  }
  return [...lines, line];
}

function indentOf(text: string, room: number): number {
  const label = paintedWidth(/^ *\S+(?: \S+)* {2,}(?=\S)/.exec(text)?.[0] ?? "");
  return label > 0 && label <= room / 2 ? label : (/^ */.exec(text)?.[0].length ?? 0) + 2;
}
