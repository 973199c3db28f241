import { escaped } from "./escaped.ts";

/** A rectangle, in the units of the view box. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

type Point = readonly [x: number, y: number];

/** What a picture is made of, as plain data. `of` is the class that gives it its color. */
export type Mark =
  /** Many bars of one color. */
  | { readonly mark: "bars"; readonly of: string; readonly boxes: readonly Box[] }
  | ({ readonly mark: "band"; readonly of: string; readonly says?: string } & Box)
  | { readonly mark: "rule"; readonly of: string; readonly from: Point; readonly to: Point }
  /** Lines through points; null is a gap. */
  | { readonly mark: "line"; readonly of: string; readonly points: readonly (Point | null)[] }
  | {
      readonly mark: "text";
      readonly of: string;
      readonly at: Point;
      readonly text: string;
      readonly anchor?: "end" | "middle";
    };

/** The marks as elements of SVG, one per line. */
export const svgOf = (marks: readonly Mark[]): string => marks.map(elementOf).join("\n");

function elementOf(mark: Mark): string {
  switch (mark.mark) {
    case "bars":
      return `<path class="${mark.of}" d="${mark.boxes.map(outline).join("")}"/>`;
    case "band": {
      const [x, y, width, height] = [mark.x, mark.y, mark.width, mark.height].map(rounded);
      const says = mark.says === undefined ? "" : `<title>${escaped(mark.says)}</title>`;
      return `<rect class="${mark.of}" x="${x}" y="${y}" width="${width}" height="${height}">${says}</rect>`;
    }
    case "rule":
      return `<path class="${mark.of}" d="${pathOf([mark.from, mark.to])}"/>`;
    case "line":
      return `<path class="${mark.of}" d="${pathOf(mark.points)}"/>`;
    case "text": {
      const anchor = mark.anchor === undefined ? "" : ` text-anchor="${mark.anchor}"`;
      const [x, y] = mark.at.map(rounded);
      return `<text class="${mark.of}" x="${x}" y="${y}"${anchor}>${escaped(mark.text)}</text>`;
    }
  }
}

const outline = ({ x, y, width, height }: Box) =>
  `M${rounded(x)} ${rounded(y)}h${rounded(width)}v${rounded(height)}h${rounded(-width)}z`;

function pathOf(points: readonly (Point | null)[]): string {
  return points
    .map((point, index) => {
      if (point === null) return "";
      const begins = index === 0 || points[index - 1] === null;
      return `${begins ? "M" : "L"}${rounded(point[0])} ${rounded(point[1])}`;
    })
    .join("");
}

/** Hundredths of a unit are finer than any screen. */
const rounded = (value: number) => String(Math.round(value * 100) / 100);
