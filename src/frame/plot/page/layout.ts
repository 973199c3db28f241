import { displayWidth } from "../../../system/display-width.ts";
import { visible } from "../../../system/visible-text.ts";
import { type ValueScale, valueScale } from "../ticks.ts";
import { amountText, extentOf } from "../words.ts";
import type { ShownSeries } from "./shown.ts";

/** The two pictures of a page: for a desk, and for a phone, where the same one would have letters too small to read. */
export const sizes = {
  wide: { name: "wide", width: 900, font: 14, panel: 300 },
  narrow: { name: "narrow", width: 358, font: 12, panel: 210 },
} as const;

export type Size = (typeof sizes)[keyof typeof sizes];

/** Where things are in a picture, in the units of its view box. */
export interface Layout {
  readonly size: Size;
  /** The panel of `y`. */
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly scale: ValueScale;
  /** The width of a day. */
  readonly slot: number;
  /** The left edge of the day at an index of training and future. */
  readonly x: (index: number) => number;
  readonly y: (value: number) => number;
}

/** Between the labels above the panel and its highest tick, whose label is half as high above it. */
export const labelGap = 14;

/** @param rows lines of labels above the panel */
export function layoutOf(series: ShownSeries, size: Size, rows: number): Layout {
  const [low, high] = extentOf(series.training.map(({ y }) => y)) ?? [0, 0];
  const scale = valueScale(low, high, size.name === "wide" ? 6 : 4);
  const labels = scale.ticks.map((tick) => textWidth(amountText(tick), size));
  const left = Math.ceil(Math.max(...labels)) + 8;
  const right = size.width - 1;
  const top = rows * (size.font + 6) + labelGap;
  const bottom = top + size.panel;
  const slot = (right - left) / (series.training.length + series.future.length);
  return {
    ...{ size, left, right, top, bottom, scale, slot },
    x: (index) => left + index * slot,
    y: (value) => bottom - ((value - scale.from) / (scale.to - scale.from)) * size.panel,
  };
}

/** About the width of a text, rather more than less: nobody measures fonts here. */
export const textWidth = (text: string, { font }: Pick<Size, "font">): number =>
  displayWidth(visible(text)) * font * 0.58;
