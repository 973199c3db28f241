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

/* What is around every benchmark: its options, its folder, what it prints and writes. */

export interface Options {
  readonly rows: number;
  readonly rounds?: number;
  readonly only?: readonly string[];
  readonly json?: true;
  readonly write?: boolean;
  readonly keep?: true;
}

/** Options that all benchmarks of cases have. */
export function addOptions(command: Command, cases: readonly { readonly name: string }[]): Command {
  const names = cases.map(({ name }) => name);
  return command
    .option(
      "--rows <n>",
      "5 M: 100 stores x 100 products x 500 days; fewer: fewer days; more: more products",
      whole,
      usualRows,
    )
    .option("--only <cases>", `some of: ${names.join(", ")}`, (text) => chosenNames(text, names))
    .option("--json", "print one object on stdout and nothing else there")
    .option("--write", "write docs/benchmarks.md (default: with all cases and 5 M rows or more)")
    .option("--no-write", "leave docs/benchmarks.md alone")
    .option("--keep", "keep the files and the server's data");
}

export function whole(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError("A whole number.");
}

function chosenNames(text: string, names: readonly string[]): string[] {
  const chosen = text.split(",");
  const unknown = chosen.find((name) => !names.includes(name));
  if (unknown === undefined) return chosen;
  throw new InvalidArgumentError(`There is no case ${unknown}.`);
}

/** Runs the work with a new folder for everything it writes, the server's data too; it is removed afterwards. */
export async function withFolder<T>(
  { keep }: Pick<Options, "keep">,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "forecastlab-bench-"));
  // As root the server runs as another user, who has to get through.
  chmodSync(folder, 0o711);
  try {
    return await work(folder);
  } finally {
    if (keep) say(`kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

/** What a report says of the circumstances. */
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

/** Prints the report, and writes its section of docs/benchmarks.md where that is wanted. */
export function publishReport(name: string, report: Report, text: string, options: Options): void {
  process.stdout.write(`${options.json ? JSON.stringify(report) : text}\n`);
  if (!(options.write ?? (report.shape.rows >= usualRows && options.only === undefined))) return;
  const path = inPackage("docs/benchmarks.md");
  const document = existsSync(path) ? readFileSync(path, "utf8") : heading;
  writeFileSync(path, replaceSection(document, `${name} ${report.shape.rows}`, text));
  say("docs/benchmarks.md is written");
}

const heading = `# Benchmarks

Written by \`npm run bench -- ingest\` and \`npm run bench -- frame\`, a section for each number of rows.

Everything in a run happens on one server, the embedded PostgreSQL as \`forecastlab\` starts it (autovacuum rests while it is
measured): one case after the other, all of them once a round; a ratio is one of medians. Our times are those of the
whole command, from its start to its end; those of the peers begin with the connection made.

Loads are measured with every constraint in force. The replays find the table as the first load left it, the changes
find it vacuumed. \`ON CONFLICT\` into an empty table is tried on the file's first rows. The files are sorted by date, store
and product where nothing else is said.
`;

function inPackage(name: string): string {
  return fileURLToPath(new URL(name, import.meta.resolve("forecastlab/package.json")));
}

export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
