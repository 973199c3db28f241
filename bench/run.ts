import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { version as duckdbVersion } from "@duckdb/node-api";
import { type Command, InvalidArgumentError } from "commander";
import { describeMachine } from "./machine.ts";
import { replaceSection } from "./markdown.ts";
import type { Report } from "./report.ts";
import type { Server } from "./server.ts";
import { usualRows } from "./shape.ts";

/* Shared by all benchmarks: options, working folder, output. */

export interface Options {
  readonly rows: number;
  readonly rounds?: number;
  readonly only?: readonly string[];
  readonly json?: true;
  readonly write?: boolean;
  readonly keep?: true;
}

/** Options of all benchmarks that have cases. */
export function addOptions(command: Command, cases: readonly { readonly name: string }[]): Command {
  const names = cases.map(({ name }) => name);
  return command
    .option(
      "--rows <n>",
      "5 M are 100 stores x 100 products x 500 days; fewer rows have fewer days, more rows have more products",
      whole,
      usualRows,
    )
    .option("--only <cases>", `run only some of ${names.join(", ")}`, (text) => chosenNames(text, names))
    .option("--json", "print one JSON object on stdout, and nothing else")
    .option("--write", "write docs/benchmarks.md (default with all cases and at least 5 M rows)")
    .option("--no-write", "do not write docs/benchmarks.md")
    .option("--keep", "keep the files and the server's data");
}

export function whole(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Must be a whole number above 0.");
}

function chosenNames(text: string, names: readonly string[]): string[] {
  const chosen = text.split(",");
  const unknown = chosen.find((name) => !names.includes(name));
  if (unknown === undefined) return chosen;
  throw new InvalidArgumentError(`There is no case ${unknown}.`);
}

/** Runs the work with a new folder for everything it writes, including the server's data, and removes the folder afterwards. */
export async function withFolder<T>(
  { keep }: Pick<Options, "keep">,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "forecastlab-bench-"));
  // As root, the server runs as another user, who needs access to the folders inside.
  chmodSync(folder, 0o711);
  try {
    return await work(folder);
  } finally {
    if (keep) log(`kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

/** When, where and with which versions the report was made. */
export function circumstances(
  server: Server,
  folder: string,
): Pick<Report, "date" | "command" | "machine" | "versions"> {
  return {
    date: new Date().toISOString().slice(0, 10),
    command: ["npm run bench --", ...process.argv.slice(2).filter((flag) => flag !== "--json")].join(" "),
    machine: describeMachine(folder),
    versions: {
      forecastlab: JSON.parse(readFileSync(inPackage("package.json"), "utf8")).version,
      Node: process.versions.node,
      PostgreSQL: server.version,
      DuckDB: duckdbVersion().replace(/^v/, ""),
    },
  };
}

/** Prints the report, and writes its section of docs/benchmarks.md if requested. */
export function publishReport(name: string, report: Report, text: string, options: Options): void {
  process.stdout.write(`${options.json ? JSON.stringify(report) : text}\n`);
  if (!(options.write ?? (report.shape.rows >= usualRows && options.only === undefined))) return;
  const path = inPackage("docs/benchmarks.md");
  const document = existsSync(path) ? readFileSync(path, "utf8") : heading;
  writeFileSync(path, replaceSection(document, `${name} ${report.shape.rows}`, text));
  log("wrote docs/benchmarks.md");
}

const heading = `# Benchmarks

Written by \`npm run bench -- ingest\` and \`npm run bench -- frame\`, with one section per number of rows.

All cases of a run use the same server: the embedded PostgreSQL as \`forecastlab\` starts it, with autovacuum off during the
measurements. In every round, each case runs once, one at a time. Ratios are ratios of medians. Our times cover the whole
command from start to exit; those of the other tools start once the connection is open.

Loads are measured with all constraints enabled. Replays start from the table as the first load left it; loads of changed
rows start from a vacuumed copy. \`ON CONFLICT\` into an empty table uses only the first rows of the file. Files are sorted by
date, store and product unless stated otherwise.
`;

function inPackage(name: string): string {
  return fileURLToPath(new URL(name, import.meta.resolve("forecastlab/package.json")));
}

export function log(text: string): void {
  process.stderr.write(`${text}\n`);
}
