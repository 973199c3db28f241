/** Styles a piece of text, or returns it as it is. */
type Paint = (text: string) => string;

export interface PlotStyle {
  /** Columns of the terminal; fewer than 40 count as 40. */
  readonly width: number;
  /** How many days of the past to show. Default: as many as have a column of their own, but at least 28. */
  readonly days?: number | undefined;
  readonly colors: Readonly<Record<"bold" | "dim" | "red" | "green" | "cyan" | "yellow", Paint>>;
}

/** The width of the labels, without the axis right of them. */
export const margin = 11;

export const eighths = " ▁▂▃▄▅▆▇█";
