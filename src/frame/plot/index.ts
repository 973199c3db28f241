export { readSeries } from "./read.ts";
export { renderPlot } from "./render.ts";
export type { PlottedDay, PlottedSeries, Strip } from "./series.ts";
export type { PlotStyle } from "./style.ts";
