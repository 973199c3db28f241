import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { withClient } from "../../src/database/connection.ts";
import { fail } from "../../src/errors.ts";
import { buildFrameFrom } from "../../src/frame/frame.ts";
import { buildFrame, type FramePhase, type FrameProgress } from "../../src/frame/index.ts";
import { withSnapshot } from "../../src/frame/source/snapshot.ts";
import { fillDimensions, query, untilWaiting, Workspace } from "../ingest/support/load.ts";
import { freshDatabase, urlOf } from "../support/warehouse.ts";

/* After an interruption at any time the earlier frame is as it was, and nothing is left next to it or in the temporary folder. */

const database = await freshDatabase();
const workspace = new Workspace();
const definition = { cutoff: "2024-02-14", horizon: 7 };
const out = workspace.path("frames/x.parquet");
const temporary = workspace.path("temporary");
const earlier = ["x.future.parquet", "x.manifest.json", "x.parquet"];
const earlierBytes = () => earlier.map((name) => readFileSync(workspace.path(`frames/${name}`)));

beforeAll(async () => {
  await fillDimensions(database);
  await query(
    database,
    `INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount)
     SELECT d, store.id, product.id, 1, 1, 1
     FROM generate_series(date '2024-01-02', date '2024-02-20', interval '1 day') AS d, store, product`,
  );
  for (const path of [workspace.path("frames"), temporary]) mkdirSync(path);
  await buildFrame(database, { ...definition, cutoff: "2024-02-01", out });
});

describe("an interruption", () => {
  beforeEach(() => {
    vi.stubEnv("TMPDIR", temporary);
    return () => vi.unstubAllEnvs();
  });

  test.for<FramePhase>(["extract", "compute", "publish"])("in the phase %s", async (phase) => {
    const before = earlierBytes();
    const interruption = new AbortController();
    const phases: FramePhase[] = [];
    const { signal } = interruption;
    const onProgress = (progress: FrameProgress) => {
      phases.push(progress.phase);
      if (progress.phase === phase) interruption.abort(fail("INTERRUPTED", { signal: "SIGINT" }));
    };
    const building = buildFrameFrom(
      (work) => withSnapshot(database, signal, work),
      { ...definition, out, signal, onProgress },
      // Several blocks, so that there is a next block to interrupt.
      { blockPeriods: 60 },
    );
    await expect(building).rejects.toMatchObject({ code: "INTERRUPTED" });
    expect(phases.at(-1)).toBe(phase);
    expect(readdirSync(workspace.path("frames")).sort()).toEqual(earlier);
    expect(earlierBytes()).toEqual(before);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test("by Ctrl-C while a table of the warehouse is locked: exit code 130 and one sentence", async () => {
    await withClient(database, async (client) => {
      await client.query("BEGIN; LOCK TABLE sales_daily IN ACCESS EXCLUSIVE MODE");
      const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
      const args = ["frame", "--cutoff", definition.cutoff, "--horizon", "7", "--out", out];
      const child = spawn(process.execPath, [program, ...args], {
        env: { ...process.env, DATABASE_URL: urlOf(database) },
        stdio: ["ignore", "ignore", "pipe"],
      });
      let stderr = "";
      child.stderr.on("data", (chunk) => {
        stderr += chunk;
      });
      const closed = new Promise((resolve) => child.on("close", resolve));
      await untilWaiting(database, 1);
      child.kill("SIGINT");
      expect(await closed).toBe(130);
      expect(stderr).toMatch(/^error Interrupted by SIGINT; nothing was published\. \[INTERRUPTED\]$/m);
      await client.query("ROLLBACK");
    });
    expect(readdirSync(workspace.path("frames")).sort()).toEqual(earlier);
    expect(readdirSync(temporary)).toEqual([]);
  });
});
