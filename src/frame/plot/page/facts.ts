import { numberText } from "../../../system/numbers.ts";
import type { PlottedDay } from "../series.ts";
import { amountText, fullDateText, holidaysOf, unitText } from "../words.ts";
import { escaped } from "./escaped.ts";
import type { ShownSeries } from "./shown.ts";
import { meanSpan } from "./shown.ts";

/** The figures that a reader looks for first, of the days that are shown. */
export function factsOf(series: ShownSeries): string {
  const { training, step, strips } = series;
  const known = training.flatMap(({ y }) => (y === null ? [] : [y]));
  const sum = known.reduce((total, y) => total + y, 0);
  const share = (of: (day: PlottedDay) => boolean | null) => {
    const days = training.filter((day) => of(day) === true).length;
    return `${numberText(days)} <small>of ${numberText(training.length)}</small>`;
  };
  const facts = [
    [`${unitText(series)} in all`, known.length === 0 ? "–" : amountText(Math.round(sum * 100) / 100)],
    [`mean per ${step}`, known.length === 0 ? "–" : amountText(sum / known.length)],
    [`${step}s without a sale`, share(({ y }) => y === 0)],
    ...(strips.includes("stockout") ? [[`${step}s with a stockout`, share(({ stockout }) => stockout)]] : []),
    ...(strips.includes("promotion") ? [[`${step}s on promotion`, share(({ promotion }) => promotion)]] : []),
  ];
  return `<dl>\n${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join("\n")}\n</dl>`;
}

/** What the colors of the panel are; the lanes have titles. */
export function legendOf(series: ShownSeries): string {
  const { training, means, step } = series;
  const out = training.some(({ stockout }) => stockout === true);
  const entries = [
    ["bar", `${unitText(series)} per ${step}`],
    ...(means.some((mean) => mean !== null) ? [["mean", `mean of the last ${meanSpan[step]} ${step}s`]] : []),
    ...(out ? [["bar-stockout", "stockout: sales may be below demand"]] : []),
  ];
  return `<ul class="legend">\n${entries.map(([of, text]) => `<li><span class="key ${of}"></span>${text}</li>`).join("\n")}\n</ul>`;
}

/** All holidays by name; the picture names only those that have room. */
export function holidayList(series: ShownSeries): string {
  const days = holidaysOf(series).map(({ ds, name }) => `${fullDateText(ds)} <bdi>${escaped(name)}</bdi>`);
  return days.length === 0 ? "" : `<p class="aside">Holidays: ${days.join("; ")}.</p>`;
}
