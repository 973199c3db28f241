import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { buildFrame } from "../../src/frame/index.ts";
import { Workspace } from "../ingest/support/load.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { loadFreshRetailNet } from "./support/frames.ts";
import { describeWithPython, python } from "./support/python.ts";

/* Whether the features of a frame are worth something. Prints the numbers of "Forecasts on a frame" in docs/benchmarks.md. */

type Wape = Readonly<Record<"lightgbm" | "mean_28" | "seasonal_naive", number>>;

interface Report {
  readonly rows: number;
  readonly scored: number;
  readonly of_weight_1: number;
  readonly all: Wape;
  readonly weight_1: Wape;
  readonly by_cutoff: Readonly<Record<string, Wape>>;
}

const cutoffs = ["2024-05-28", "2024-06-04", "2024-06-11", "2024-06-18"];
const horizon = 7;

describeWithPython("LightGBM on frames of FreshRetailNet", {}, async () => {
  const database = await freshDatabase();
  const workspace = new Workspace();

  test.for(["the default frame", "examples/frames/freshretailnet.yaml"])(
    "has a lower WAPE than mean_28 and seasonal_naive over four weeks: %s",
    async (frame) => {
      if (frame === "the default frame") await loadFreshRetailNet(database);
      const specified = frame.endsWith(".yaml");
      const spec = specified ? fileURLToPath(new URL(`../../${frame}`, import.meta.url)) : undefined;
      const build = (cutoff: string) =>
        buildFrame(database, {
          cutoff,
          horizon,
          spec,
          out: workspace.path(`${cutoff}-${specified}.parquet`),
        });
      const actuals = await build("2024-06-25");
      const pairs: string[] = [];
      for (const cutoff of cutoffs) {
        const { training, future } = await build(cutoff);
        pairs.push(`${training}=${future}`);
      }
      const report = await python<Report>("wape.py", actuals.training, ...pairs);
      console.log(`${frame}\n${tableOf(report)}`);

      expect(report.rows).toBe(240 * horizon * cutoffs.length);
      expect(report.scored).toBe(report.rows);
      expect(Object.keys(report.by_cutoff)).toEqual(cutoffs);
      for (const { lightgbm, mean_28, seasonal_naive } of [report.all, report.weight_1]) {
        expect(lightgbm).toBeLessThan(mean_28);
        expect(lightgbm).toBeLessThan(seasonal_naive);
      }
    },
  );
});

function tableOf({ rows, of_weight_1, all, weight_1, by_cutoff }: Report): string {
  const row = (label: string, wape: Wape) =>
    `| ${label} | ${[wape.lightgbm, wape.mean_28, wape.seasonal_naive].map((value) => value.toFixed(4)).join(" | ")} |`;
  return [
    "| WAPE | LightGBM | mean_28 | seasonal_naive |",
    "| --- | ---: | ---: | ---: |",
    ...Object.entries(by_cutoff).map(([cutoff, wape]) => row(`cutoff ${cutoff}`, wape)),
    row(`all ${rows} days`, all),
    row(`the ${of_weight_1} days of weight 1`, weight_1),
  ].join("\n");
}
