import { type Column, type Columns, meanOf } from "./columns.ts";
import { eighths, margin, type PlotStyle } from "./style.ts";
import { type ValueScale, valueScale } from "./ticks.ts";
import { amountText } from "./words.ts";

type Colors = PlotStyle["colors"];

/** Ticks are so many lines apart at least. */
const tickLines = 2;

/**
 * `y` as bars in eighths of a line on a scale with round ticks, a dot if it is not known, a minus if it is below 0, and
 * nothing after the cutoff. Bars of days with a stockout are red, of days with a promotion green.
 *
 * @param room lines for the bars; it has at most a few more or less, so that each tick is on a line
 */
export function chart(columns: Columns, room: number, colors: Colors): string[] {
  const { training, future, cells } = columns;
  const values = training.map((column) => meanOf(column, ({ y }) => y));
  const scale = valueScale(0, Math.max(0, ...values.map((value) => value ?? 0)), Math.floor(room / 2.5));
  const intervals = scale.ticks.length - 1;
  const lines = Math.max(tickLines, Math.round(room / intervals));
  const height = lines * intervals;
  const levels = values.map((value) => level(value, scale, height));
  return Array.from({ length: height }, (_, line) => {
    const below = height - 1 - line;
    const bars = levels.map((eighth) => bar(sign(eighth, below), cells));
    const label = line % lines === 0 ? amountText(scale.ticks[intervals - line / lines] ?? 0) : "";
    const ends = future.length === 0 ? "" : colors.dim("┊");
    return `${label.padStart(margin - 1)} ${colors.dim(label === "" ? "│" : "┤")}${painted(bars, training, colors)}${ends}`;
  });
}

type Level = number | "unknown" | "negative";

/** The height of a bar in eighths of a line: at least one if anything was sold. */
function level(value: number | null, { to }: ValueScale, height: number): Level {
  if (value === null) return "unknown";
  if (value < 0) return "negative";
  return value === 0 ? 0 : Math.max(1, Math.round((value / to) * height * 8));
}

function sign(level: Level, below: number): string {
  if (typeof level === "number") return eighths[Math.min(8, Math.max(0, level - below * 8))] ?? " ";
  if (below > 0) return " ";
  return level === "unknown" ? "·" : "-";
}

/** A sign as wide as the column, with a gap to the next one if there is room for it. */
const bar = (sign: string, cells: number) => (cells < 4 ? sign.repeat(cells) : `${sign.repeat(cells - 1)} `);

/** Bars in their colors, neighbors of one color in one piece. */
function painted(bars: readonly string[], columns: readonly Column[], colors: Colors): string {
  const pieces: { color: "red" | "green" | undefined; text: string }[] = [];
  for (const [index, text] of bars.entries()) {
    const color = text.trim() === "" ? undefined : colorOf(columns[index] ?? []);
    const last = pieces.at(-1);
    if (last !== undefined && last.color === color) last.text += text;
    else pieces.push({ color, text });
  }
  return pieces.map(({ color, text }) => (color === undefined ? text : colors[color](text))).join("");
}

function colorOf(column: Column): "red" | "green" | undefined {
  if (column.some(({ stockout }) => stockout === true)) return "red";
  return column.some(({ promotion }) => promotion === true) ? "green" : undefined;
}
