import { expect, test } from "vitest";
import { buildFrame, type FrameResult, type Manifest } from "../../src/frame/index.ts";
import { onlineRetailFiles } from "../examples/support/shared-data.ts";
import { Workspace } from "../ingest/support/load.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { frameInAllFormats, loadFreshRetailNet, loadOnlineRetail } from "./support/frames.ts";
import { describeWithPython, python } from "./support/python.ts";

/* Frames of real data, read and used by the programs that they are for. */

interface ReadFrame {
  readonly rows: number;
  readonly dtypes: Readonly<Record<string, string>>;
  /** Columns with other values than those pyarrow reads from the Parquet file. */
  readonly differing: readonly string[];
}
type Reader = Readonly<Record<"training" | "future", ReadFrame>>;

const horizons = { fresh: 14, retail: 7 };

describeWithPython("a frame in Python", {}, async () => {
  const fresh = await freshDatabase();
  const retail = await freshDatabase();
  const workspace = new Workspace();
  const made: Partial<Record<keyof typeof horizons, FrameResult>> = {};
  const resultOf = (name: keyof typeof horizons): FrameResult => {
    const result = made[name];
    if (result === undefined) throw new Error("the frames are made by the first tests");
    return result;
  };

  test("FreshRetailNet and Online Retail become frames in every format", async () => {
    await loadFreshRetailNet(fresh);
    await loadOnlineRetail(retail, onlineRetailFiles());
    for (const { name, database, cutoff } of [
      { name: "fresh", database: fresh, cutoff: "2024-06-11" },
      { name: "retail", database: retail, cutoff: "2010-12-16" },
    ] as const) {
      const definition = { name, cutoff, horizon: horizons[name] };
      const { parquet, arrow, csv } = await frameInAllFormats(database, workspace, definition);
      expect(arrow.manifest.counts).toEqual(parquet.manifest.counts);
      expect(csv.manifest.columns).toEqual(parquet.manifest.columns);
      made[name] = parquet;
    }
  });

  test.for(["fresh", "retail"] as const)(
    "has the dtypes of its manifest and the same values in every reader: %s",
    async (name) => {
      const { manifest } = resultOf(name);
      const report = await python<Record<string, Reader>>("read_frames.py", workspace.path(name));
      expect(Object.keys(report)).toHaveLength(10);
      for (const [reader, frames] of Object.entries(report)) {
        for (const frame of ["training", "future"] as const) {
          expect(frames[frame].differing, `${reader}, ${frame}`).toEqual([]);
          expect(frames[frame].rows).toBe(manifest.counts[`${frame}_rows`]);
          expect(frames[frame].dtypes, `${reader}, ${frame}`).toEqual(dtypesIn(manifest, frame, reader));
        }
      }
    },
  );

  test("says in the file what it is: pyarrow reads cutoff, horizon and spec from Parquet and Arrow", async () => {
    const { manifest } = resultOf("fresh");
    const paths = {
      training: ["fresh.parquet", "fresh.arrow"],
      future: ["fresh.future.parquet", "fresh.future.arrow"],
    };
    const all = Object.entries(paths).flatMap(([frame, names]) =>
      names.map((name) => [frame, workspace.path(name)]),
    );
    const found = await python<Record<string, object>>("metadata.py", ...all.map(([, path]) => path ?? ""));
    for (const [frame, path] of all) {
      expect(found[path ?? ""], path).toEqual({
        "forecastlab.version": manifest.forecastlab,
        "forecastlab.frame": frame,
        "forecastlab.cutoff": "2024-06-11",
        "forecastlab.horizon": "14",
        "forecastlab.freq": "day",
        "forecastlab.spec_sha256": manifest.spec_sha256,
      });
    }
  });

  test("in hive folders has codes as text, if the reader is given their types", async () => {
    const out = workspace.path("hive");
    const definition = { cutoff: "2024-06-11", horizon: 14 };
    const { manifest } = await buildFrame(fresh, { ...definition, out, partitionBy: ["store_code", "year"] });
    const report = await python<
      Record<string, Record<"training" | "future", { rows: number; codes: string[]; dtypes: object }>>
    >("hive.py", out);
    const names = { pyarrow: "arrow", pandas: "pandas", polars: "polars", duckdb: "type" } as const;
    expect(Object.keys(report).sort()).toEqual(Object.keys(names).sort());
    for (const [reader, frames] of Object.entries(report)) {
      const types = typesOf(manifest, names[reader as keyof typeof names]);
      for (const frame of ["training", "future"] as const) {
        expect(frames[frame], `${reader}, ${frame}`).toMatchObject({
          rows: manifest.counts[`${frame}_rows`],
          dtypes: { store_code: types.store_code, year: types.year },
        });
        expect(frames[frame].codes).toHaveLength(4);
        for (const code of frames[frame].codes) expect(code).toMatch(/^\d+$/);
      }
    }
  });

  test.for(["fresh", "retail"] as const)(
    "is valid for Nixtla, trains LightGBM in mlforecast, and its future frame is the X_df: %s",
    async (name) => {
      const { training, future, manifest } = resultOf(name);
      const { future_rows, stockout } = manifest.counts;
      const report = await python<Record<"mlforecast" | "statsforecast", Record<string, number>>>(
        "nixtla.py",
        ...[training, future, String(horizons[name])],
      );
      expect(report).toMatchObject({
        training_rows: manifest.counts.training_rows,
        future_rows,
        weight_0: stockout,
        mlforecast: { rows: future_rows, same_days: future_rows, unknown: 0, ds: "datetime64[us]" },
        statsforecast: {
          ...{ rows: future_rows, same_days: future_rows, unknown: 0 },
          columns: ["unique_id", "ds", "SeasonalNaive", "HistoricAverage"],
        },
      });
      const { mlforecast } = report;
      expect(mlforecast.distinct).toBeGreaterThan(future_rows / 20);
      // The features are columns of the frame, so that mlforecast predicts what the model predicts by itself.
      expect(mlforecast.differs_from_direct).toBe(0);
      expect(mlforecast.changed_by_weight_0).toBe(0);
      if (stockout > 0) expect(mlforecast.changed_without_weights).toBeGreaterThan(1000);
    },
  );
});

/** The types that the manifest gives for a reader; DuckDB's are the types of the columns themselves. */
function dtypesIn(manifest: Manifest, frame: "training" | "future", reader: string): Record<string, string> {
  const [library, ...how] = reader.split(" ");
  const into = how.includes("pandas") ? "pandas" : library;
  const names = { pyarrow: "arrow", pandas: "pandas", polars: "polars", duckdb: "type" } as const;
  const types = typesOf(manifest, names[into as keyof typeof names]);
  const inFrame = manifest.columns.filter(({ frames }) => frames.includes(frame)).map(({ name }) => name);
  return {
    ...Object.fromEntries(inFrame.map((name) => [name, types[name] ?? ""])),
    // CSV has no unit of time, and pandas 2 parses dates in nanoseconds.
    ...(reader === "pandas csv" ? { ds: "datetime64[ns]" } : {}),
  };
}

function typesOf(
  { columns }: Manifest,
  name: "arrow" | "pandas" | "polars" | "type",
): Record<string, string> {
  return Object.fromEntries(
    columns.map(({ name: column, type, dtypes }) => [column, name === "type" ? type : dtypes[name]]),
  );
}
