import { mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { buildFrame } from "../../src/frame/index.ts";
import { Workspace } from "../ingest/support/load.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { loadOnlineRetail } from "./support/frames.ts";
import { describeWithPython, runPython } from "./support/python.ts";

/* The Python of the README and of docs/frames.md, word by word, on the frame that the README builds. */

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The Python blocks of a document. */
const programsIn = (path: string): string[] =>
  [...readFileSync(`${root}${path}`, "utf8").matchAll(/```python\n([\s\S]*?)```/g)].map(
    ([, code = ""]) => code,
  );

describeWithPython("the Python of the documents", { realData: false }, async () => {
  const database = await freshDatabase();
  const workspace = new Workspace();
  mkdirSync(workspace.path("try"));
  const definition = { cutoff: "2010-12-16", horizon: 7 };

  test("README: trains a model on the frame and forecasts every series and day", async () => {
    await loadOnlineRetail(database, [`${root}examples/data/online_retail_2010-12.csv.gz`]);
    const out = workspace.path("try/frame.parquet");
    const { manifest } = await buildFrame(database, { ...definition, out });
    const programs = programsIn("README.md");
    expect(programs).toHaveLength(1);
    const printed = await runPython(["-c", programs[0] ?? ""], workspace.folder);
    expect(printed).toMatch(/unique_id +ds +forecast/);
    expect(printed).toMatch(/2010-12-23 +\d+\.\d+\n/);
    expect(printed).not.toContain("NaN");
    expect(printed).toContain(`[${manifest.counts.future_rows} rows x 3 columns]`);
  });

  test("docs/frames.md: each block runs after those before it, in the files that the document names", async () => {
    for (const out of ["frame.parquet", "frame.arrow", "frame.csv"]) {
      await buildFrame(database, { ...definition, out: workspace.path(out) });
    }
    const partitionBy = ["store_code"];
    await buildFrame(database, { ...definition, out: workspace.path("frames"), partitionBy });
    await buildFrame(database, {
      ...definition,
      ...{ out: workspace.path("csv-frames"), format: "csv", partitionBy },
    });
    const programs = programsIn("docs/frames.md");
    expect(programs.length).toBeGreaterThan(3);
    // The frame is the last thing that each of them makes.
    const checks = `
assert len(forecasts) == len(future) and forecasts["lgb"].notna().all()
assert len(baseline) == len(future) and baseline["SeasonalNaive"].notna().any()
assert from_csv.drop(columns="ds").equals(train_as_read.drop(columns="ds").astype(from_csv.drop(columns="ds").dtypes))
assert set(by_store["store_code"]) == set(train_as_read["store_code"])
key = ["unique_id", "ds"]
in_order = lambda frame: frame[by_store.columns].sort_values(key, ignore_index=True)
assert in_order(by_store_from_csv).equals(in_order(by_store))
assert said == {"cutoff": "2010-12-16", "horizon": "7"}
print("all of it ran")
`;
    const printed = await runPython(["-c", `${programs.join("\n")}\n${checks}`], workspace.folder);
    expect(printed).toContain("all of it ran");
  });
});
