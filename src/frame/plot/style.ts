/** Styles a piece of text, or returns it as it is. */
type Paint = (text: string) => string;

export interface PlotStyle {
  /** Columns of the terminal; fewer than 40 count as 40, more than 200 as 200. */
  readonly width: number;
  /** Lines of the terminal, which the bars grow with, from 8 to 24 lines of them. Default 24. */
  readonly height?: number | undefined;
  /** How many days (weeks, months) of the past to show. Default: as many as have a column of their own, but at least 28. */
  readonly days?: number | undefined;
  readonly colors: Readonly<Record<"bold" | "dim" | "red" | "green" | "cyan" | "yellow", Paint>>;
}

/** The width of the labels, without the axis right of them. */
export const margin = 11;

export const eighths = " ▁▂▃▄▅▆▇█";
