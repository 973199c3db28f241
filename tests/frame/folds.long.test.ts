import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type Database, withClient } from "../../src/database/connection.ts";
import { buildFramesFrom } from "../../src/frame/folds/build-frames.ts";
import { buildFrameFrom, type WithReader } from "../../src/frame/frame.ts";
import { buildFrames, type FramesRequest, foldCutoffs, parseSpec } from "../../src/frame/index.ts";
import { withSnapshot } from "../../src/frame/source/snapshot.ts";
import { Workspace } from "../ingest/support/load.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { Frames } from "./support/agreement.ts";
import { fillFiveMonths } from "./support/five-months.ts";
import { coarseFrameCases, type FrameCase, frameCases } from "./support/requests.ts";
import { fillWarehouse } from "./support/warehouse.ts";
import { dayAfter } from "./support/warehouses.ts";

/** The cutoff, and some before it, within the same period and others. */
function cutoffsOf({ cutoff, spec, freq }: FrameCase): string[] {
  const daily = freq === undefined && !/"freq":"(week|month)"/.test(spec ?? "");
  return [0, ...(daily ? [3, 11] : [2, 17, 45])].map((days) => dayAfter(cutoff, -days));
}

/** The files of a folder by path, as text. */
function filesIn(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    paths.sort().map((path) => [path.slice(folder.length), readFileSync(path, "latin1")]),
  );
}

describe("frames of several cutoffs", async () => {
  const [random, fiveMonths] = [await freshDatabase(), await freshDatabase()];
  const frames = new Frames(await freshDatabase());
  const workspace = new Workspace();
  let folders = 0;
  const newFolder = () => workspace.path(`folder-${++folders}`);
  /** Builds the frames in one pass and one by one. @returns the files of both */
  async function bothWays(
    database: Database,
    request: Omit<FramesRequest, "out">,
    { blockPeriods }: { readonly blockPeriods?: number | undefined } = {},
  ) {
    const reader: WithReader = (work) => withSnapshot(database, undefined, work);
    const [together, alone] = [newFolder(), newFolder()];
    await buildFramesFrom(reader, { ...request, out: together }, { blockPeriods });
    mkdirSync(alone);
    const { cutoffs, format = "parquet", ...rest } = request;
    for (const cutoff of cutoffs) {
      const folder = join(alone, `cutoff=${cutoff}`);
      if (rest.partitionBy === undefined) mkdirSync(folder);
      const out = rest.partitionBy === undefined ? join(folder, `frame.${format}`) : folder;
      await buildFrameFrom(reader, { ...rest, format, cutoff, out });
    }
    return [filesIn(together), filesIn(alone)] as const;
  }

  test("have the same bytes as frames that are built one by one, for any warehouse and spec", async () => {
    let compared = 0;
    const agree = async (given: FrameCase) => {
      const { warehouse, horizon, spec, knownAt, freq, blockPeriods } = given;
      await withClient(random, (client) => fillWarehouse(client, warehouse));
      const cutoffs = cutoffsOf(given);
      const parsed = spec === undefined ? undefined : parseSpec(spec, "test.yaml");
      const request = { cutoffs, horizon, knownAt, freq, spec: parsed };
      const built = await bothWays(random, request, { blockPeriods }).catch((error: { code?: string }) => {
        if (!/^FRAME_/.test(error.code ?? "")) throw error;
      });
      if (built === undefined) return;
      expect(built[0]).toEqual(built[1]);
      compared++;
    };
    await fc.assert(fc.asyncProperty(fc.oneof(frameCases, coarseFrameCases), agree), {
      numRuns: Number(process.env.FORECASTLAB_TEST_RUNS ?? 25),
    });
    expect(compared).toBeGreaterThan(5);
  }, 300_000);

  test("agree with the oracle, each for itself", async () => {
    let compared = 0;
    const agree = async (given: FrameCase) => {
      const made = await frames.agreeOnFolds(given, cutoffsOf(given));
      compared += made?.length ?? 0;
    };
    await fc.assert(fc.asyncProperty(fc.oneof(frameCases, coarseFrameCases), agree), {
      numRuns: Number(process.env.FORECASTLAB_TEST_RUNS ?? 25),
    });
    expect(compared).toBeGreaterThan(15);
  }, 600_000);

  describe("of five months", () => {
    beforeAll(() => fillFiveMonths(fiveMonths));
    const cutoffs = foldCutoffs({ cutoff: "2024-04-14", folds: 3, step: 21 });

    test.for([
      { freq: "week", horizon: 2 },
      { freq: "month", horizon: 1 },
      { freq: "day", horizon: 7, format: "csv" },
      { freq: "day", horizon: 7, format: "arrow" },
      { freq: "day", horizon: 7, partitionBy: ["store_code", "year"] },
    ] as const)("have the same bytes: %j", async ({ partitionBy, ...request }) => {
      const partitions = partitionBy === undefined ? {} : { partitionBy: [...partitionBy] };
      const [together, alone] = await bothWays(fiveMonths, { ...request, ...partitions, cutoffs });
      expect(together).toEqual(alone);
      expect(Object.keys(together).filter((path) => path.endsWith("manifest.json"))).toHaveLength(3);
    });

    test("replace an earlier folder of frames as a whole, and nothing else", async () => {
      const out = newFolder();
      await buildFrames(fiveMonths, { cutoffs, horizon: 7, out });
      const { frames } = await buildFrames(fiveMonths, { cutoffs: cutoffs.slice(1), horizon: 7, out });
      expect(readdirSync(out)).toEqual(["cutoff=2024-03-24", "cutoff=2024-04-14"]);
      expect(frames.every(({ training, future }) => existsSync(training) && existsSync(future))).toBe(true);
      writeFileSync(join(out, "notes.txt"), "mine");
      await expect(buildFrames(fiveMonths, { cutoffs, horizon: 7, out })).rejects.toMatchObject({
        code: "FRAME_OUTPUT_EXISTS",
      });
      expect(readFileSync(join(out, "notes.txt"), "utf8")).toBe("mine");
    });

    test("are not written at all if one of them is beyond the data", async () => {
      const out = newFolder();
      const beyond = foldCutoffs({ cutoff: "2024-04-14", folds: 9, step: 21 });
      await expect(buildFrames(fiveMonths, { cutoffs: beyond, horizon: 7, out })).rejects.toMatchObject({
        code: "FRAME_CUTOFF_OUTSIDE",
      });
      expect(existsSync(out)).toBe(false);
    });
  });
});
