import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Database } from "forecastlab";
import { secondsSince } from "./measurement.ts";
import { urlOf } from "./server.ts";

export interface CommandContext {
  readonly database: Database;
  /** The working folder, for temporary files. */
  readonly folder: string;
  /** Where the command puts its temporary files; default `folder`. */
  readonly temporary?: string;
  readonly signal: AbortSignal;
}

export interface Outcome<T> {
  /** From the start of the process to its exit. */
  readonly seconds: number;
  /** The object it printed with --json. */
  readonly output: T;
  /** 10^6 bytes. */
  readonly peak_rss_mb: number;
}

/** Runs the command line in its own process, as a user does, with `--json`. */
export async function runCommand<T>(
  args: readonly string[],
  { database, folder, temporary = folder, signal }: CommandContext,
): Promise<Outcome<T>> {
  const memory = join(folder, "peak-memory");
  rmSync(memory, { force: true });
  const env = {
    ...neutralEnvironment(),
    DATABASE_URL: urlOf(database),
    TMPDIR: temporary,
    BENCH_PEAK_MEMORY: memory,
  };
  const { seconds, output } = await run([...args, "--json"], { cwd: folder, env, signal });
  return { seconds, output: output as T, peak_rss_mb: Number(readFileSync(memory, "utf8")) / 1e6 };
}

/** The environment without variables that configure ForecastLab, PostgreSQL, npm or Node, so that the command does not inherit them. */
function neutralEnvironment(): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !/^(FORECASTLAB_|PG|npm_|NODE_)/.test(name));
  return Object.fromEntries(others);
}

const program = fileURLToPath(new URL("dist/cli/main.js", import.meta.resolve("forecastlab/package.json")));
const preload = new URL("peak-memory.js", import.meta.url).href;

interface RunOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

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
      const seconds = secondsSince(start);
      const text = Buffer.concat(stdout).toString();
      if (code === 0) return resolve({ seconds, output: JSON.parse(text) });
      const reported = Buffer.concat(stderr).toString() || text;
      reject(new Error(`forecastlab ${args[0]} exited with ${code}: ${reported.trim()}`));
    });
  });
}
