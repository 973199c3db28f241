import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { urlOf } from "../server.ts";
import type { Bench } from "./bench.ts";
import type { Measurement } from "./measurement.ts";

/** What the load must say it did: rows, and files the ledger knew. */
export interface Expected {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly recognised: number;
}

/** What the bench reads of the load's result. */
interface Result extends Omit<Expected, "recognised"> {
  readonly already_loaded: readonly unknown[];
  readonly months: readonly { readonly method: string }[];
  readonly seconds: Readonly<Record<string, number>>;
}

/** Loads a file as a user does, with the command line as a process of its own, and checks what it says it did. */
export async function loadOurs(
  { server, folder, signal }: Bench,
  database: string,
  file: string,
  rows: number,
  expected: Expected,
  flags: readonly string[] = [],
): Promise<Measurement> {
  const memory = join(folder, "peak-memory");
  rmSync(memory, { force: true });
  const environment = {
    ...ownEnvironment(),
    DATABASE_URL: urlOf(server.database(database)),
    TMPDIR: folder,
    BENCH_PEAK_MEMORY: memory,
  };
  const args = ["load", "sales_daily", file, "--json", ...flags];
  const { seconds, output } = await run(args, { cwd: folder, env: environment, signal });
  const result = output as Result;
  const { inserted, updated, unchanged } = result;
  requireSame({ inserted, updated, unchanged, recognised: result.already_loaded.length }, expected);
  const peak_rss_mb = Number(readFileSync(memory, "utf8")) / 1e6;
  return { rows, seconds, phases: result.seconds, months: methodsOf(result), peak_rss_mb };
}

function requireSame(found: Expected, expected: Expected): void {
  const [said, due] = [found, expected].map((counts) => JSON.stringify(counts));
  if (said !== due) throw new Error(`the load says ${said}, and ${due} was to be`);
}

/** `{ attach: 17 }` */
function methodsOf({ months }: Result): Record<string, number> {
  const methods: Record<string, number> = {};
  for (const { method } of months) methods[method] = (methods[method] ?? 0) + 1;
  return methods;
}

/** The bench's own settings must not become the load's. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(FORECASTLAB_|PG|npm_|NODE_)/.test(name));
  return Object.fromEntries(kept);
}

const program = fileURLToPath(new URL("dist/cli/main.js", import.meta.resolve("forecastlab/package.json")));
const preload = new URL("../peak-memory.js", import.meta.url).href;

interface RunOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Seconds from the start of the process until it is gone, and what it printed. */
function run(args: readonly string[], options: RunOptions): Promise<{ seconds: number; output: unknown }> {
  const start = performance.now();
  const child = spawn(process.execPath, ["--import", preload, program, ...args], {
    ...options,
    killSignal: "SIGTERM",
    stdio: ["ignore", "pipe", "pipe"],
  });
  return new Promise((resolve, reject) => {
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (chunk) => stdout.push(chunk));
    child.stderr.on("data", (chunk) => stderr.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      const seconds = (performance.now() - start) / 1000;
      const text = Buffer.concat(stdout).toString();
      if (code === 0) return resolve({ seconds, output: JSON.parse(text) });
      const said = Buffer.concat(stderr).toString() || text;
      reject(new Error(`forecastlab ${args[0]} ended with ${code}: ${said.trim()}`));
    });
  });
}
