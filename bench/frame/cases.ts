import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { withClient } from "forecastlab";
import { to } from "pg-copy-streams";
import { runCommand } from "../command-line.ts";
import { withDiskUse } from "../disk-use.ts";
import { type Measurement, secondsSince, timed } from "../measurement.ts";
import { firstDay, lastDayOf } from "../shape.ts";
import { type Bench, definitionOf, type FrameMeasurement, requireFrame } from "./bench.ts";
import { warehouse } from "./data.ts";
import { type Days, lengthOf } from "./months.ts";
import { computeFromNative } from "./native.ts";
import type { BacktestOutcome, FoldsOutcome, FrameOutcome } from "./outcome.ts";
import { rewrittenQuery, specifiedQuery } from "./queries.ts";

/** One thing to measure, once per round. All cases read the same warehouse. */
export interface Case {
  readonly name: string;
  readonly title: string;
  /** Takes too long for more than one round. */
  readonly once?: boolean;
  run(bench: Bench): Promise<FrameMeasurement>;
}

export const cases: readonly Case[] = [
  {
    name: "frame",
    title: "**frame**, default, horizon 28, to Parquet",
    run: makeFrame,
  },
  {
    name: "ten_folds",
    title: "the frames of ten cutoffs, 7 days apart, in one pass",
    run: makeFolds,
  },
  {
    name: "backtest",
    title: "**backtest** of all models, one fold of 28 days",
    run: runBacktest,
  },
  {
    name: "specified_query",
    title: "the specification's full feature set, without fan-out, in PostgreSQL",
    run: (bench) => readQuery(bench, specifiedQuery, bench.specified),
  },
  {
    name: "rewritten_query",
    title: "the same query rewritten for hash joins, in PostgreSQL",
    run: (bench) => readQuery(bench, rewrittenQuery, [{ from: firstDay, to: lastDayOf(bench.shape) }]),
  },
  {
    name: "duckdb_native",
    title: "the same frame from DuckDB's own tables",
    run: makeNative,
  },
];

/** The frame as a user builds it. */
async function makeFrame(bench: Bench): Promise<FrameMeasurement> {
  const { server, shape, folder, signal } = bench;
  const { cutoff, horizon } = definitionOf(shape);
  return withFreshFolders(folder, async ({ out, temporary }) => {
    const args = ["frame", "--cutoff", cutoff, "--horizon", String(horizon), "--out", out];
    const { result, peak_mb } = await withDiskUse(temporary, () =>
      runCommand<FrameOutcome>(args, { database: server.database(warehouse), folder, temporary, signal }),
    );
    const { seconds, output, peak_rss_mb } = result;
    requireFrame(bench, output);
    const { seconds: phases, manifest } = output;
    return { rows: manifest.counts.training_rows, seconds, phases, peak_rss_mb, temporary_mb: peak_mb };
  });
}

/** As a user builds them. Rows are those of one frame, so that the ratio of times is that of rows/s. */
async function makeFolds(bench: Bench): Promise<FrameMeasurement> {
  const { server, shape, folder, signal } = bench;
  const { cutoff, horizon } = definitionOf(shape);
  return withFreshFolders(folder, async ({ out, temporary }) => {
    const args = ["frame", "--cutoff", cutoff, "--horizon", String(horizon), "--out", `${out}.folds`];
    const { result, peak_mb } = await withDiskUse(temporary, () =>
      runCommand<FoldsOutcome>([...args, "--folds", "10", "--step", "7"], {
        ...{ database: server.database(warehouse), folder, temporary, signal },
      }),
    );
    const { seconds, output, peak_rss_mb } = result;
    const newest = output.frames.at(-1);
    if (output.frames.length !== 10 || newest === undefined) throw new Error("not ten frames");
    requireFrame(bench, newest);
    return { rows: shape.rows, seconds, phases: newest.seconds, peak_rss_mb, temporary_mb: peak_mb };
  });
}

async function runBacktest({ server, shape, folder, signal }: Bench): Promise<FrameMeasurement> {
  const { cutoff, horizon } = definitionOf(shape);
  return withFreshFolders(folder, async ({ temporary }) => {
    const args = ["backtest", "--cutoff", cutoff, "--horizon", String(horizon), "--folds", "1"];
    const { result, peak_mb } = await withDiskUse(temporary, () =>
      runCommand<BacktestOutcome>(args, { database: server.database(warehouse), folder, temporary, signal }),
    );
    const { seconds, output, peak_rss_mb } = result;
    const due = shape.stores * shape.products * horizon;
    if (output.models.length < 9 || output.models.some(({ rows }) => rows > due || rows < due / 2)) {
      throw new Error("the backtest lacks models or rows");
    }
    return { rows: shape.rows, seconds, phases: output.seconds, peak_rss_mb, temporary_mb: peak_mb };
  });
}

async function makeNative(bench: Bench): Promise<FrameMeasurement> {
  const { shape, folder, native, signal } = bench;
  if (native === undefined) throw new Error("DuckDB's tables were not prepared");
  return withFreshFolders(folder, async ({ out }) => {
    const start = performance.now();
    const outcome = await computeFromNative(native, { ...definitionOf(shape), out, signal });
    const seconds = secondsSince(start);
    requireFrame(bench, outcome);
    return { rows: outcome.manifest.counts.training_rows, seconds, phases: outcome.seconds };
  });
}

/** New folders each time, so that no frame overwrites another or pays for removing it. */
async function withFreshFolders<T>(
  folder: string,
  work: (paths: { out: string; temporary: string }) => Promise<T>,
): Promise<T> {
  const [frames, temporary] = [join(folder, "frames"), join(folder, "temporary")];
  for (const made of [frames, temporary]) mkdirSync(made);
  try {
    return await work({ out: join(frames, "frame.parquet"), temporary });
  } finally {
    for (const made of [frames, temporary]) rmSync(made, { recursive: true, force: true });
  }
}

/** Reads the rows of a query through `COPY`, one range of days after the other, and discards them. */
function readQuery(
  { server, shape, signal }: Bench,
  query: (from: string, to: string) => string,
  ranges: readonly Days[],
): Promise<Measurement> {
  const due = lengthOf(ranges) * shape.stores * shape.products;
  return withClient(
    server.database(warehouse),
    (client) =>
      timed(due, async () => {
        let rows = 0;
        for (const range of ranges) {
          const copy = client.query(to(`COPY (${query(range.from, range.to)}) TO STDOUT`));
          await pipeline(copy, new Writable({ write: (_chunk, _encoding, done) => done() }));
          rows += copy.rowCount ?? 0;
        }
        if (rows !== due) throw new Error(`the query returned ${rows} rows instead of ${due}`);
      }),
    signal,
  );
}
