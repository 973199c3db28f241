import { type Column, type Columns, meanOf } from "./columns.ts";
import type { PlottedDay, PlottedSeries, Strip } from "./series.ts";
import { eighths, margin, type PlotStyle } from "./style.ts";

const marks: Record<
  Exclude<Strip, "list_price">,
  { label: string; color: "red" | "green" | "yellow"; sign: string; of: (day: PlottedDay) => boolean | null }
> = {
  stockout: { label: "stockout", color: "red", sign: "×", of: ({ stockout }) => stockout },
  promotion: { label: "promotion", color: "green", sign: "━", of: ({ promotion }) => promotion },
  holiday: { label: "holiday", color: "yellow", sign: "*", of: ({ holiday }) => holiday },
};

/** A line on the columns of the chart: marks, or for the list price its level between the lowest and the highest. */
export function stripLine(strip: Strip, { training, future }: Columns, colors: PlotStyle["colors"]): string {
  const columns = [...training, ...future];
  const cells = strip === "list_price" ? steps(columns) : columns.map((column) => marked(strip, column));
  const { label, color } =
    strip === "list_price" ? { label: "list price", color: "cyan" as const } : marks[strip];
  const past = cells.slice(0, training.length).join("");
  const ahead = cells.slice(training.length).join("").trimEnd();
  const end = future.length === 0 ? "" : `${colors.dim("┊")}${colors[color](ahead)}`;
  return `${label.padEnd(margin)} ${colors[color](past)}${end}`;
}

const marked = (strip: keyof typeof marks, column: Column) =>
  column.some((day) => marks[strip].of(day) === true) ? marks[strip].sign : " ";

function steps(columns: readonly Column[]): string[] {
  const prices = columns.map((column) => meanOf(column, ({ list_price }) => list_price));
  const [low, high] = extent(prices);
  return prices.map((price) => {
    if (price === null) return " ";
    return (low === high ? eighths[4] : eighths[1 + Math.round(((price - low) / (high - low)) * 7)]) ?? " ";
  });
}

/** The range of the list price and the names of the holidays on the days shown. */
export function legend({ strips }: PlottedSeries, { training, future }: Columns): string[] {
  const days = [...training, ...future].flat();
  const [low, high] = extent(days.map(({ list_price }) => list_price));
  const price = low === high ? money(low) : `${money(low)} to ${money(high)}`;
  const names = days.flatMap(({ ds, holiday_name }) =>
    holiday_name === null ? [] : [`${ds} ${holiday_name}`],
  );
  return [
    ...(strips.includes("list_price") && Number.isFinite(low) ? [`prices      ${price}`] : []),
    ...(strips.includes("holiday") && names.length > 0 ? [`holidays    ${names.join(", ")}`] : []),
  ];
}

function extent(values: readonly (number | null)[]): [low: number, high: number] {
  const known = values.filter((value) => value !== null);
  return [Math.min(...known), Math.max(...known)];
}

const money = (price: number) => price.toFixed(2);
