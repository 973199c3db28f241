import { type Column, type Columns, meanOf } from "./columns.ts";
import type { PlottedDay, PlottedSeries, Strip } from "./series.ts";
import { eighths, margin, type PlotStyle } from "./style.ts";
import { extentOf, holidaysOf, priceText } from "./words.ts";

const marks: Record<
  Exclude<Strip, "list_price">,
  { label: string; color: "red" | "green" | "yellow"; sign: string; of: (day: PlottedDay) => boolean | null }
> = {
  stockout: { label: "stockout", color: "red", sign: "×", of: ({ stockout }) => stockout },
  promotion: { label: "promotion", color: "green", sign: "━", of: ({ promotion }) => promotion },
  holiday: { label: "holiday", color: "yellow", sign: "*", of: ({ holiday }) => holiday },
};

/** A line on the columns of the chart: marks, or for the list price its level between the lowest and the highest. */
export function stripLine(
  strip: Strip,
  { training, future, cells }: Columns,
  colors: PlotStyle["colors"],
): string {
  const columns = [...training, ...future];
  const signs = strip === "list_price" ? steps(columns) : columns.map((column) => marked(strip, column));
  const { label, color } =
    strip === "list_price" ? { label: "list price", color: "cyan" as const } : marks[strip];
  if (signs.every((sign) => sign === " ")) return `${label.padEnd(margin)} ${colors.dim("none")}`;
  const drawn = (part: readonly string[]) =>
    part.map((sign) => (sign === "×" || sign === "*" ? sign.padEnd(cells) : sign.repeat(cells))).join("");
  const past = drawn(signs.slice(0, training.length));
  const ahead = drawn(signs.slice(training.length)).trimEnd();
  const end = future.length === 0 ? "" : `${colors.dim("┊")}${colors[color](ahead)}`;
  return `${label.padEnd(margin)} ${colors[color](past)}${end}`;
}

const marked = (strip: keyof typeof marks, column: Column) =>
  column.some((day) => marks[strip].of(day) === true) ? marks[strip].sign : " ";

function steps(columns: readonly Column[]): string[] {
  const prices = columns.map((column) => meanOf(column, ({ list_price }) => list_price));
  const [low, high] = extentOf(prices) ?? [0, 0];
  return prices.map((price) => {
    if (price === null) return " ";
    return (low === high ? eighths[4] : eighths[1 + Math.round(((price - low) / (high - low)) * 7)]) ?? " ";
  });
}

/** The range of the list price and the names of the holidays on the days shown. */
export function legend({ strips }: PlottedSeries, { training, future }: Columns): string[] {
  const shown = { training: training.flat(), future: future.flat() };
  const prices = extentOf([...shown.training, ...shown.future].map(({ list_price }) => list_price));
  const names = holidaysOf(shown).map(({ ds, name }) => `${ds} ${name}`);
  return [
    ...(strips.includes("list_price") && prices !== undefined ? [`prices      ${priceText(prices)}`] : []),
    ...(strips.includes("holiday") && names.length > 0 ? [`holidays    ${names.join(", ")}`] : []),
  ];
}
