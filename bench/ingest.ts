import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { caseFigures } from "./figures.ts";
import { type Bench, prepareTemplate } from "./ingest/bench.ts";
import { type Case, cases } from "./ingest/cases.ts";
import { type Dataset, generate } from "./ingest/data.ts";
import { figuresOf, targetsOf } from "./ingest/figures.ts";
import { type IngestReport, reportText } from "./ingest/report.ts";
import { runLoads } from "./ingest/rounds.ts";
import { grouped } from "./markdown.ts";
import { addOptions, circumstances, log, type Options, publishReport, whole, withFolder } from "./run.ts";
import { type Server, withServer } from "./server.ts";
import { largeRows, type Shape, shapeOf, usualRows } from "./shape.ts";

interface IngestOptions extends Options {
  readonly rounds: number;
  readonly peerRows: number;
}

export function registerIngest(program: Command, signal: AbortSignal): void {
  const command = program
    .command("ingest")
    .description(
      "compare loads of sales_daily from CSV (first load, replay, 1% changed) with COPY, ON CONFLICT and DuckDB",
    );
  addOptions(command, cases)
    .option("--rounds <n>", "number of rounds", whole, 3)
    .option(
      "--peer-rows <n>",
      "number of rows, from the start of the file, for ON CONFLICT into an empty table",
      thousands,
      500_000,
    )
    .action((options: IngestOptions) => ingest(options, signal));
}

async function ingest(options: IngestOptions, signal: AbortSignal): Promise<void> {
  const shape = shapeOf(options.rows);
  const chosen = chosenCases(options);
  await withFolder(options, async (folder) => {
    const report = await withServer(join(folder, "home"), signal, (server) =>
      measureAll({ options, shape, chosen, folder, server, signal }),
    );
    publishReport("ingest", report, reportText(report), options);
  });
}

/** By default all cases, but from 20 M rows without the slow baselines. Growth is measured above 5 M rows only. */
function chosenCases({ rows, only }: Options): readonly Case[] {
  const large = ["bare_copy", "first_load_5m", "first_load", "replay", "replay_again", "delta"];
  const wanted = new Set(only ?? (rows >= largeRows ? large : cases.map(({ name }) => name)));
  if (rows <= usualRows) wanted.delete("first_load_5m");
  const chosen = cases.filter(({ name }) => wanted.has(name));
  if (chosen.length === 0) throw new Error("first_load_5m is measured above 5,000,000 rows only");
  const needsFilled = chosen.some(({ start }) => start === "filled" || start === "copy");
  return cases.filter((one) => chosen.includes(one) || (needsFilled && one.start === "kept"));
}

interface Run {
  readonly options: IngestOptions;
  readonly shape: Shape;
  readonly chosen: readonly Case[];
  readonly folder: string;
  readonly server: Server;
  readonly signal: AbortSignal;
}

async function measureAll({ options, shape, chosen, folder, server, signal }: Run): Promise<IngestReport> {
  const files = join(folder, "data");
  mkdirSync(files);
  log(`writing the files of ${grouped(shape.rows)} rows`);
  const data = await generate(
    files,
    shape,
    new Set(["sorted", ...chosen.flatMap((one) => one.files)]),
    options.peerRows,
  );
  const smaller: Dataset | undefined = chosen.some(({ name }) => name === "first_load_5m")
    ? await generate(files, shapeOf(usualRows), new Set(["sorted"]), options.peerRows)
    : undefined;
  await prepareTemplate(server, shape);
  const bench: Bench = { server, data, smaller, folder, signal };
  const rounds = await runLoads(bench, chosen, options.rounds, log);
  const measured = chosen.map((one) => caseFigures(one, rounds.get(one.name) ?? []));
  const figures = figuresOf(measured, data.changedRows);
  return {
    benchmark: "ingest",
    shape,
    ...circumstances(server, folder),
    ...figures,
    parameters: await server.parameters(shownParameters),
    targets: targetsOf(figures),
    cases: measured,
  };
}

/** Those that affect writing. */
const shownParameters = [
  "shared_buffers",
  "work_mem",
  "maintenance_work_mem",
  "max_wal_size",
  "checkpoint_timeout",
  "wal_level",
  "wal_compression",
  "fsync",
  "synchronous_commit",
  "full_page_writes",
  "data_checksums",
  "autovacuum",
];

function thousands(text: string): number {
  if (whole(text) % 1000 === 0) return Number(text);
  throw new InvalidArgumentError("Must be a multiple of 1,000.");
}
