import { randomBytes } from "node:crypto";
import pc from "picocolors";
import { displayWidth } from "../../system/display-width.ts";
import { visible } from "../../system/visible-text.ts";

/**
 * The colors of the command line: bold titles, dim asides, red errors, yellow notes; green and cyan only in plots.
 *
 * A painted piece starts and ends with a mark that only this process knows, in place of the escape character. It becomes one
 * where text is printed ({@link printable}), so that no data can color, move or erase anything.
 */
export type Palette = Readonly<Record<(typeof paints)[number], (text: string) => string>>;

const paints = ["bold", "dim", "red", "green", "yellow", "cyan"] as const;

/** Eight characters of the private use area. */
const mark = String.fromCharCode(...Array.from(randomBytes(8), (byte) => 0xe000 + byte));

const paintedEnds = new RegExp(`${mark}\\[\\d+m`, "g");

export function paletteOf(colored: boolean): Palette {
  const colors = pc.createColors(colored);
  const painter = (paint: (typeof paints)[number]) => (text: string) =>
    colors[paint](visible(text)).replaceAll("\x1b", mark);
  return Object.fromEntries(paints.map((paint) => [paint, painter(paint)])) as Palette;
}

/**
 * Whether a stream gets colors: if it is a terminal and NO_COLOR is unset or empty; FORCE_COLOR takes precedence, with 0
 * and false for none.
 */
export function isColored(stream: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = environment;
  if (FORCE_COLOR) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return stream.isTTY === true && !NO_COLOR && TERM !== "dumb";
}

/** The text as it may be printed: what steers a terminal is made visible, except for our own colors. */
export const printable = (text: string): string => visible(text).replaceAll(mark, "\x1b");

/** The columns that painted text takes. */
export const paintedWidth = (text: string): number => displayWidth(text.replaceAll(paintedEnds, ""));
