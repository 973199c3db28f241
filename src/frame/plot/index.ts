export { type PlotPageOptions, renderPlotPage } from "./page/render-page.ts";
export { requirePageFile, type WrittenPlotPage, writePlotPage } from "./page/write-page.ts";
export { readSeries } from "./read.ts";
export { renderPlot } from "./render.ts";
export type { PlotStep, PlottedDay, PlottedSeries, Strip } from "./series.ts";
export type { PlotStyle } from "./style.ts";
