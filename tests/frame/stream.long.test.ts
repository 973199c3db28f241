import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type RecordBatch, tableFromIPC } from "apache-arrow";
import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type Database, withClient } from "../../src/database/connection.ts";
import { withEngine } from "../../src/duckdb/engine.ts";
import { buildFrameFrom, type WithReader } from "../../src/frame/frame.ts";
import { buildFrame, type FrameRow, frameBatches, frameRows, parseSpec } from "../../src/frame/index.ts";
import { withSnapshot } from "../../src/frame/source/snapshot.ts";
import { frameBatchesFrom } from "../../src/frame/stream/frame-batches.ts";
import { frameRowsFrom } from "../../src/frame/stream/frame-rows.ts";
import { frameStream } from "../../src/frame/stream/frame-stream.ts";
import { query, Workspace } from "../ingest/support/load.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { fillFiveMonths } from "./support/five-months.ts";
import { type FrameCase, frameCases } from "./support/requests.ts";
import { fillWarehouse } from "./support/warehouse.ts";

/* A frame as rows or Arrow batches is what its files hold, one piece at a time, and leaves nothing behind. */

const [random, fiveMonths] = [await freshDatabase(), await freshDatabase()];
const workspace = new Workspace();
const definition = { cutoff: "2024-04-14", horizon: 7 };
const readerOf =
  (database: Database): WithReader =>
  (work) =>
    withSnapshot(database, undefined, work);

beforeAll(() => fillFiveMonths(fiveMonths));

async function taken<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** The rows of a Parquet file as DuckDB reads it. */
const rowsOf = (path: string) =>
  withEngine(undefined, (engine) =>
    engine.rows<FrameRow>(
      `SELECT * REPLACE (strftime(ds, '%Y-%m-%d') AS ds) FROM read_parquet('${path}', hive_partitioning = false)`,
    ),
  );

const contentOf = (batch: RecordBatch) =>
  batch.schema.fields.map(({ name }) => [name, [...(batch.getChild(name) ?? [])]]);

const schemaOf = ({ schema: { fields, metadata } }: Pick<RecordBatch, "schema">) => ({
  fields: fields.map(({ name, type, nullable }) => `${name} ${type} ${nullable}`),
  metadata: [...metadata],
});

async function expectSame(
  reader: WithReader,
  request: Parameters<typeof frameRows>[1],
  options: { readonly blockPeriods?: number | undefined } = {},
): Promise<number> {
  const [parquet, arrow] = [workspace.path("x.parquet"), workspace.path("x.arrow")];
  const { future, manifest } = await buildFrameFrom(reader, { ...request, out: parquet });
  const ofArrow = await buildFrameFrom(reader, { ...request, out: arrow });
  const files = { training: [parquet, arrow], future: [future, ofArrow.future] } as const;
  for (const frame of ["training", "future"] as const) {
    const rows = frameRowsFrom(reader, { ...request, frame }, options);
    expect(rows.manifest()).toBeUndefined();
    const found = await taken(rows);
    expect(found).toEqual(await rowsOf(files[frame][0]));
    expect(rows.manifest()).toEqual({ ...manifest, files: [] });
    const names = manifest.columns.filter(({ frames }) => frames.includes(frame)).map(({ name }) => name);
    for (const row of found.slice(0, 1)) expect(Object.keys(row)).toEqual(names);

    const stream = frameBatchesFrom(reader, { ...request, frame }, options);
    const batches = await taken(stream);
    const written = tableFromIPC(readFileSync(files[frame][1])).batches.filter(({ numRows }) => numRows > 0);
    expect(batches.map(contentOf)).toEqual(written.map(contentOf));
    expect(batches.map(schemaOf)).toEqual(written.map(schemaOf));
    expect(stream.manifest()).toEqual({ ...manifest, files: [] });
  }
  return manifest.counts.training_rows;
}

describe("a frame as rows and as batches", () => {
  test("is what its files hold, for any warehouse and spec", async () => {
    let compared = 0;
    const agree = async ({ warehouse, spec, blockPeriods, ...request }: FrameCase) => {
      await withClient(random, (client) => fillWarehouse(client, warehouse));
      const parsed = spec === undefined ? undefined : parseSpec(spec, "test.yaml");
      const rows = await expectSame(
        readerOf(random),
        { ...request, spec: parsed },
        { blockPeriods: blockPeriods ?? 40 },
      ).catch((error: { code?: string }) => {
        if (!/^FRAME_/.test(error.code ?? "")) throw error;
        return 0;
      });
      if (rows > 0) compared++;
    };
    await fc.assert(fc.asyncProperty(frameCases, agree), {
      numRuns: Number(process.env.FORECASTLAB_TEST_RUNS ?? 8),
    });
    expect(compared).toBeGreaterThan(2);
  }, 300_000);

  test.for(["week", "month"] as const)("is what its files hold, by %s", async (freq) => {
    const rows = await expectSame(readerOf(fiveMonths), { ...definition, horizon: 2, freq });
    expect(rows).toBeGreaterThan(0);
  });

  test("has plain values: days and text as text, NULL as null", async () => {
    const rows = await taken(frameRows(fiveMonths, definition));
    const [first] = rows;
    expect(first).toMatchObject({
      unique_id: expect.stringMatching(/\//),
      ds: expect.stringMatching(/^2023-\d\d-\d\d$|^2024-\d\d-\d\d$/),
      y: expect.any(Number),
      is_imputed: false,
      y_lag_7: null,
    });
    expect(JSON.parse(JSON.stringify(first))).toEqual(first);
  });

  test("is built again by every iteration, and its batches stay valid", async () => {
    const request = { ...definition, frame: "future" as const };
    const stream = frameBatchesFrom(readerOf(fiveMonths), request, { blockPeriods: 1 });
    const [once, again] = [await taken(stream), await taken(stream)];
    expect(once.length).toBeGreaterThan(0);
    expect(once.map(contentOf)).toEqual(again.map(contentOf));
    const rows = frameRows(fiveMonths, request);
    expect(await taken(rows)).toEqual(await taken(rows));
  });

  test("is computed when it is asked for, at most one block ahead", async () => {
    let chunks = 0;
    const open = async () => ({ take: () => [++chunks], rest: () => [] });
    const stream = frameStream(readerOf(fiveMonths), definition, open, { blockPeriods: 1 });
    const all = (await taken(stream)).length;
    expect(all).toBeGreaterThan(3);
    chunks = 0;
    let asked = 0;
    for await (const item of stream) {
      expect(item).toBe(++asked);
      await sleep(50);
      expect(chunks).toBeLessThanOrEqual(asked + 1);
    }
    expect(asked).toBe(all);
  });

  test("reads a snapshot that is released before the first row", async () => {
    for await (const _ of frameRows(fiveMonths, definition)) {
      expect(await sessions()).toEqual([]);
      break;
    }
  });
});

/** Other sessions of the database. */
const sessions = () =>
  query(
    fiveMonths,
    `SELECT application_name, state FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
  );

describe("a frame that is left", () => {
  const temporary = workspace.path("temporary");
  beforeAll(() => void mkdirSync(temporary));
  beforeEach(() => {
    vi.stubEnv("TMPDIR", temporary);
    return () => vi.unstubAllEnvs();
  });
  const expectNothingLeft = async () => {
    expect(readdirSync(temporary)).toEqual([]);
    expect(await sessions()).toEqual([]);
  };
  /** In small blocks, so that most of them are not computed yet. */
  const rowsIn = (signal?: AbortSignal) =>
    frameRowsFrom(
      (work) => withSnapshot(fiveMonths, signal, work),
      { ...definition, signal },
      { blockPeriods: 1 },
    );

  test("by break, return or an error of the loop leaves nothing behind", async () => {
    for await (const _ of rowsIn()) {
      expect(readdirSync(temporary)).toHaveLength(1);
      break;
    }
    await expectNothingLeft();
    const failing = async () => {
      for await (const _ of frameBatches(fiveMonths, definition)) throw new Error("of the loop");
    };
    await expect(failing()).rejects.toThrow("of the loop");
    await expectNothingLeft();
    const items = rowsIn()[Symbol.asyncIterator]();
    await items.next();
    await items.return?.();
    await expectNothingLeft();
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });

  test("is not begun before a row is asked for", async () => {
    frameRows(fiveMonths, definition)[Symbol.asyncIterator]();
    await sleep(50);
    await expectNothingLeft();
  });

  test("by the signal leaves nothing behind, even if no row is asked for any more", async () => {
    const interruption = new AbortController();
    const rows = rowsIn(interruption.signal);
    const items = rows[Symbol.asyncIterator]();
    await items.next();
    interruption.abort(new Error("enough"));
    await vi.waitFor(() => expect(readdirSync(temporary)).toEqual([]));
    await expectNothingLeft();
    const rest = async () => {
      for (;;) if ((await items.next()).done) return;
    };
    await expect(rest()).rejects.toThrow("enough");
    expect(rows.manifest()).toBeUndefined();
  });

  test.for(["extract", "compute"] as const)(
    "by the signal in the phase %s throws its reason",
    async (phase) => {
      const interruption = new AbortController();
      const { signal } = interruption;
      const rows = frameRows(fiveMonths, {
        ...definition,
        signal,
        onProgress: (progress) => {
          if (progress.phase === phase) interruption.abort(new Error("enough"));
        },
      });
      await expect(taken(rows)).rejects.toThrow("enough");
      await expectNothingLeft();
    },
  );

  test("because it cannot be built throws what buildFrame throws", async () => {
    const out = workspace.path("never.parquet");
    for (const wrong of [
      { cutoff: "2031-01-01" },
      { cutoff: "2024-02-30" },
      { horizon: 0 },
      { spec: workspace.path("missing.yaml") },
      { spec: parseSpec("version: 1\nseries: { store: { code: nowhere } }", "s.yaml") },
    ]) {
      const request = { ...definition, ...wrong };
      const failure = await buildFrame(fiveMonths, { ...request, out }).catch((error) => error);
      expect(failure).toMatchObject({ code: expect.any(String) });
      const { code, message } = failure;
      await expect(taken(frameRows(fiveMonths, request))).rejects.toMatchObject({ code, message });
      await expect(taken(frameBatches(fiveMonths, request))).rejects.toMatchObject({ code, message });
    }
    await expectNothingLeft();
  });
});
