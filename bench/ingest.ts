import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { version as duckdbVersion } from "@duckdb/node-api";
import { type Command, InvalidArgumentError } from "commander";
import { type Bench, prepareTemplate } from "./ingest/bench.ts";
import { type Case, cases } from "./ingest/cases.ts";
import { type Dataset, generate, type Shape, shapeOf, usualRows } from "./ingest/data.ts";
import { caseFigures, figuresOf, targetsOf } from "./ingest/figures.ts";
import { type Report, reportText } from "./ingest/report.ts";
import { runRounds } from "./ingest/rounds.ts";
import { describeMachine } from "./machine.ts";
import { grouped, replaceSection } from "./markdown.ts";
import { type Server, withServer } from "./server.ts";

interface Options {
  readonly rows: number;
  readonly rounds: number;
  readonly peerRows: number;
  readonly only?: readonly string[];
  readonly json?: true;
  readonly write?: boolean;
  readonly keep?: true;
}

export function registerIngest(program: Command, signal: AbortSignal): void {
  program
    .command("ingest")
    .description(
      "loads sales_daily from CSV: first load, replay, 1% changed; COPY, ON CONFLICT and DuckDB beside them",
    )
    .option(
      "--rows <n>",
      "5 M: 100 stores x 100 products x 500 days; fewer: fewer days; more: more products",
      whole,
      usualRows,
    )
    .option("--rounds <n>", "how often each case is measured", whole, 3)
    .option(
      "--peer-rows <n>",
      "the first rows, which ON CONFLICT into an empty table is tried on",
      thousands,
      500_000,
    )
    .option("--only <cases>", `some of: ${cases.map(({ name }) => name).join(", ")}`, listed)
    .option("--json", "print one object on stdout and nothing else there")
    .option("--write", "write docs/benchmarks.md (default: with all cases and 5 M rows or more)")
    .option("--no-write", "leave docs/benchmarks.md alone")
    .option("--keep", "keep the files and the server's data")
    .action((options: Options) => ingest(options, signal));
}

async function ingest(options: Options, signal: AbortSignal): Promise<void> {
  const shape = shapeOf(options.rows);
  const chosen = chosenCases(options);
  const folder = mkdtempSync(join(tmpdir(), "forecastlab-bench-"));
  // As root the server runs as another user, who has to get through.
  chmodSync(folder, 0o711);
  const remove = () =>
    options.keep ? say(`kept: ${folder}`) : rmSync(folder, { recursive: true, force: true });
  try {
    const report = await withServer(join(folder, "home"), signal, (server) =>
      measureAll({ options, shape, chosen, folder, server, signal }),
    );
    const text = reportText(report);
    process.stdout.write(`${options.json ? JSON.stringify(report) : text}\n`);
    if (options.write ?? (shape.rows >= usualRows && options.only === undefined)) writeDocument(shape, text);
  } finally {
    remove();
  }
}

/** From 20 M rows on the slow peers say nothing new; growth is told beyond 5 M. */
function chosenCases({ rows, only }: Options): readonly Case[] {
  const large = ["bare_copy", "first_load_5m", "first_load", "replay", "replay_again", "delta"];
  const wanted = new Set(only ?? (rows >= 20_000_000 ? large : cases.map(({ name }) => name)));
  if (rows <= usualRows) wanted.delete("first_load_5m");
  const chosen = cases.filter(({ name }) => wanted.has(name));
  if (chosen.length === 0) throw new Error("first_load_5m is measured beyond 5,000,000 rows only");
  const needsFilled = chosen.some(({ start }) => start === "filled" || start === "copy");
  return cases.filter((one) => chosen.includes(one) || (needsFilled && one.start === "kept"));
}

interface Run {
  readonly options: Options;
  readonly shape: Shape;
  readonly chosen: readonly Case[];
  readonly folder: string;
  readonly server: Server;
  readonly signal: AbortSignal;
}

async function measureAll({ options, shape, chosen, folder, server, signal }: Run): Promise<Report> {
  const files = join(folder, "data");
  mkdirSync(files);
  say(`writing the files of ${grouped(shape.rows)} rows`);
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
  const rounds = await runRounds(bench, chosen, options.rounds, say);
  const measured = chosen.map((one) => caseFigures(one, rounds.get(one.name) ?? []));
  const figures = figuresOf(measured, data.changedRows);
  return {
    benchmark: "ingest",
    date: new Date().toISOString().slice(0, 10),
    command: ["npm run bench --", ...process.argv.slice(2).filter((flag) => flag !== "--json")].join(" "),
    shape,
    ...figures,
    machine: describeMachine(folder),
    versions: {
      forecastlab: JSON.parse(readFileSync(inPackage("package.json"), "utf8")).version,
      Node: process.versions.node,
      PostgreSQL: server.version,
      DuckDB: duckdbVersion().replace(/^v/, ""),
    },
    parameters: server.parameters,
    targets: targetsOf(figures),
    cases: measured,
  };
}

const heading = `# Benchmarks

Written by \`npm run bench -- ingest\`, a section for each number of rows.

Everything in a run happens on one server, the embedded PostgreSQL as \`forecastlab\` starts it (autovacuum rests while it is
measured): one case after the other, all of them once a round; a ratio is one of medians. Our times are those of the
whole command, from its start to its end, with every constraint in force; those of \`COPY\` and the peers begin with the
connection made. The replays find the table as the first load left it, the changes find it vacuumed. \`ON CONFLICT\`
into an empty table is tried on the file's first rows. The files are sorted by date, store and product where nothing else is said.
`;

function writeDocument(shape: Shape, section: string): void {
  const path = inPackage("docs/benchmarks.md");
  const document = existsSync(path) ? readFileSync(path, "utf8") : heading;
  writeFileSync(path, replaceSection(document, `ingest ${shape.rows}`, section));
  say("docs/benchmarks.md is written");
}

function inPackage(name: string): string {
  return fileURLToPath(new URL(name, import.meta.resolve("forecastlab/package.json")));
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function whole(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError("A whole number.");
}

function thousands(text: string): number {
  if (whole(text) % 1000 === 0) return Number(text);
  throw new InvalidArgumentError("A multiple of 1,000.");
}

function listed(text: string): string[] {
  const names = text.split(",");
  const unknown = names.find((name) => !cases.some((one) => one.name === name));
  if (unknown === undefined) return names;
  throw new InvalidArgumentError(`There is no case ${unknown}.`);
}
