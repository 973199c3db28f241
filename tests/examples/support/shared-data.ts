import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Real data sets that are too large for the project. Tests that read them say so and are skipped where they are absent. */
const folder = fileURLToPath(new URL("../../../../shared/data/", import.meta.url));

export const hasSharedData = existsSync(folder);

if (!hasSharedData) console.warn(`tests on the real data sets are skipped: ${folder} does not exist`);

export const onlineRetailFiles = (): string[] =>
  readdirSync(`${folder}online_retail_2010-12`)
    .filter((name) => name.endsWith(".csv"))
    .sort()
    .map((name) => `${folder}online_retail_2010-12/${name}`);

export const freshRetailFile = `${folder}freshretailnet_4stores_240series_daily.csv`;

export const completeJourney = {
  transactions: `${folder}completejourney_2017H1/transactions_sample_2017H1.csv`,
  products: `${folder}completejourney_2017H1/products_used.csv`,
  promotions: `${folder}completejourney_2017H1/promotions_sample_wk1-4.csv`,
};

/** The rows of a CSV file as objects: an independent, simple reader (quotes doubled, no line breaks in fields). */
export function parseCsv(text: string): Record<string, string>[] {
  const [header = [], ...rows] = text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .filter((line) => line !== "")
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
      ),
    );
  return rows.map((row) => Object.fromEntries(header.map((name, index) => [name, row[index] ?? ""])));
}
