/** Colours a piece of text, or leaves it as it is. */
type Paint = (text: string) => string;

export interface PlotStyle {
  /** Columns of the terminal; below 40 it is drawn as for 40. */
  readonly width: number;
  /** How many days of the past to show; default: as many as have a column of their own. */
  readonly days?: number | undefined;
  readonly colors: Readonly<Record<"bold" | "dim" | "red" | "green" | "cyan" | "yellow", Paint>>;
}

/** Room for labels, the axis right of it not counted. */
export const margin = 11;

export const eighths = " ▁▂▃▄▅▆▇█";
