import { numberText } from "../../../system/numbers.ts";
import type { PlottedDay, Strip } from "../series.ts";
import { stepsText, unitText } from "../words.ts";
import { escaped } from "./escaped.ts";
import type { ShownSeries } from "./shown.ts";

const columns: Record<Strip, { title: string; numeric?: true; of: (day: PlottedDay) => string }> = {
  stockout: { title: "stockout", of: ({ stockout }) => mark(stockout) },
  promotion: { title: "promotion", of: ({ promotion }) => mark(promotion) },
  list_price: { title: "list price", numeric: true, of: ({ list_price }) => list_price?.toFixed(2) ?? "" },
  holiday: { title: "holiday", of: ({ holiday, holiday_name }) => holiday_name ?? mark(holiday) },
};

const mark = (value: boolean | null) => (value === true ? "yes" : "");

/** The numbers behind the picture: a row per day (week, month). */
export function dataTable(series: ShownSeries): string {
  const { training, future, strips } = series;
  const heads = strips.map((strip) => `<th scope="col"${numeric(strip)}>${columns[strip].title}</th>`);
  const row = (day: PlottedDay, y: string) => {
    const cells = strips.map((strip) => `<td${numeric(strip)}>${escaped(columns[strip].of(day))}</td>`);
    return `<tr><th scope="row">${escaped(day.ds)}</th><td class="number">${y}</td>${cells.join("")}</tr>`;
  };
  const rows = [
    ...training.map((day) => row(day, day.y === null ? "not known" : numberText(day.y, 4))),
    ...future.map((day) => row(day, "to forecast")),
  ];
  return `\
<details>
<summary>The numbers of ${stepsText(rows.length, series)}</summary>
<div class="scroll" role="region" aria-label="The numbers" tabindex="0">
<table>
<thead><tr><th scope="col">${series.step === "day" ? "day" : `${series.step} from`}</th><th scope="col" class="number">${unitText(series)}</th>${heads.join("")}</tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>
</div>
</details>`;
}

const numeric = (strip: Strip) => (columns[strip].numeric ? ' class="number"' : "");
