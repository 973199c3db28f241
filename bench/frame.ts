import { join } from "node:path";
import type { Command } from "commander";
import { withClient } from "forecastlab";
import { caseFigures } from "./figures.ts";
import { type Bench, definitionOf, horizon } from "./frame/bench.ts";
import { type Case, cases } from "./frame/cases.ts";
import { fillWarehouse, warehouse } from "./frame/data.ts";
import { figuresOf, targetsOf } from "./frame/figures.ts";
import { monthsOf } from "./frame/months.ts";
import { prepareNative } from "./frame/native.ts";
import type { FrameRows } from "./frame/outcome.ts";
import { mostPandasRows, peerCases, peerPython, writePeerFacts } from "./frame/peers.ts";
import { type FrameReport, reportText } from "./frame/report.ts";
import { runRounds } from "./rounds.ts";
import { addOptions, circumstances, log, type Options, publishReport, whole, withFolder } from "./run.ts";
import { type Server, withServer } from "./server.ts";
import { firstDay, largeRows, lastDayOf, type Shape, shapeOf } from "./shape.ts";

interface FrameOptions extends Options {
  readonly rounds?: number;
  readonly specifiedDays: number;
  readonly specifiedAll?: true;
  readonly peers?: true;
}

export function registerFrame(program: Command, signal: AbortSignal): void {
  const command = program
    .command("frame")
    .description(
      "compare the default frame with the specification's query, a rewritten query and DuckDB's own tables",
    );
  addOptions(command, cases)
    .option("--rounds <n>", "number of rounds (default: 3, or 1 from 20 M rows)", whole)
    .option(
      "--specified-days <n>",
      "number of days, as whole months, to run the specification's query on",
      whole,
      31,
    )
    .option("--specified-all", "run the specification's query on all days, once (takes many minutes)")
    .option(
      "--peers",
      "also compare with mlforecast, polars and, up to 500,000 rows, pandas (needs tests/interop)",
    )
    .action((options: FrameOptions) => frame(options, signal));
}

async function frame(options: FrameOptions, signal: AbortSignal): Promise<void> {
  const shape = shapeOf(options.rows);
  const chosen = chosenCases(options);
  await withFolder(options, async (folder) => {
    const report = await withServer(join(folder, "home"), signal, (server) =>
      measureAll({ options, shape, chosen, folder, server, signal }),
    );
    publishReport("frame", report, reportText(report), options);
  });
}

/** By default all cases, but from 20 M rows only the frame itself. */
function chosenCases({ rows, only, specifiedAll, peers }: FrameOptions): Case[] {
  const wanted = only ?? (rows >= largeRows ? ["frame"] : cases.map(({ name }) => name));
  const others =
    peers === true ? peerCases.filter(({ name }) => rows <= mostPandasRows || name !== "peer_pandas") : [];
  return [...cases.filter(({ name }) => wanted.includes(name)), ...others].map((one) =>
    one.name === "specified_query" && specifiedAll
      ? { ...one, title: `${one.title}, once`, once: true }
      : one,
  );
}

interface Run {
  readonly options: FrameOptions;
  readonly shape: Shape;
  readonly chosen: readonly Case[];
  readonly folder: string;
  readonly server: Server;
  readonly signal: AbortSignal;
}

async function measureAll({ options, shape, chosen, folder, server, signal }: Run): Promise<FrameReport> {
  if (options.peers === true) {
    peerPython();
    await writePeerFacts(shape, folder);
  }
  await fillWarehouse(server, shape, folder, signal, log);
  const range = { from: firstDay, to: lastDayOf(shape) };
  const bench: Bench = {
    ...{ server, shape, folder, signal },
    specified: options.specifiedAll ? [range] : monthsOf(range, options.specifiedDays),
    native: chosen.some(({ name }) => name === "duckdb_native")
      ? await prepareNative(server.database(warehouse), definitionOf(shape), folder, signal)
      : undefined,
    expected: await expectedRows(server, shape),
    written: new Map(),
  };
  const rounds = await runRounds({
    cases: chosen,
    count: options.rounds ?? (shape.rows >= largeRows ? 1 : 3),
    ...{ signal, log },
    measure: async (one) => {
      await server.settle();
      return one.run(bench);
    },
  });
  const measured = chosen.map((one) => caseFigures(one, rounds.get(one.name) ?? []));
  const figures = figuresOf(measured);
  return {
    benchmark: "frame",
    shape,
    ...circumstances(server, folder),
    ...figures,
    specified: bench.specified,
    parameters: await server.parameters(shownParameters),
    targets: targetsOf(figures, shape),
    cases: measured,
  };
}

/** Every day of every series from its first sale to the last day, and every day of the horizon. */
async function expectedRows(server: Server, shape: Shape): Promise<FrameRows> {
  const { rows } = await withClient(server.database(warehouse), (client) =>
    client.query<FrameRows>(
      `SELECT sum($1::date - first_day + 1)::float8 AS training_rows, (count(*) * $2)::float8 AS future_rows
       FROM (SELECT min(date) AS first_day FROM sales_daily WHERE quantity > 0 GROUP BY store_id, product_id) AS series`,
      [lastDayOf(shape), horizon],
    ),
  );
  if (rows[0] === undefined) throw new Error("the warehouse has no sales");
  return rows[0];
}

/** Those that affect reading. */
const shownParameters = [
  "shared_buffers",
  "work_mem",
  "effective_cache_size",
  "random_page_cost",
  "max_parallel_workers_per_gather",
  "enable_partitionwise_join",
  "jit",
  "default_statistics_target",
  "autovacuum",
];
