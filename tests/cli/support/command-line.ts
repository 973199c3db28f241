import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { run } from "../../../src/cli/run.ts";
import { rememberingStreams } from "./streams.ts";

/** The built program (`pretest` builds it). */
export const program = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

export interface Run {
  /** The exit code, or the signal's name. */
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as JSON; throws unless it is exactly one document. */
  // biome-ignore lint/suspicious/noExplicitAny: each command's object has its own shape
  readonly json: any;
}

interface RunOptions {
  readonly env?: Record<string, string | undefined>;
  /** The working folder. Of commands that run at the same time, either all or none have one. */
  readonly cwd?: string;
  /** How the program is called, in this process. */
  readonly program?: string;
  /** Of this process: what its streams are. */
  readonly terminal?: { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
}

/** Runs a command line in this process, from the source. */
export async function forecastlab(
  args: readonly string[],
  { env, cwd, program, terminal }: RunOptions = {},
): Promise<Run> {
  const { written, ...streams } = rememberingStreams(terminal);
  const before = process.cwd();
  if (cwd !== undefined) process.chdir(cwd);
  try {
    const { signal } = new AbortController();
    const options = { streams, environment: environmentWith(env), signal, ...(program && { program }) };
    return outcome(await run(args, options), written.stdout, written.stderr);
  } finally {
    if (cwd !== undefined) process.chdir(before);
  }
}

/** Runs the built command line as a process of its own. */
export function spawnForecastlab(args: readonly string[], { env, cwd }: RunOptions = {}): Promise<Run> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    env: environmentWith(env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  return new Promise((resolve, reject) => {
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (chunk) => stdout.push(chunk));
    child.stderr.on("data", (chunk) => stderr.push(chunk));
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve(
        outcome(code ?? signal ?? "", Buffer.concat(stdout).toString(), Buffer.concat(stderr).toString()),
      ),
    );
  });
}

/** Without what the machine's own settings would change. */
function environmentWith(env: RunOptions["env"]): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !settings.has(name));
  return { ...Object.fromEntries(own), ...env };
}

const settings = new Set([
  ...["DATABASE_URL", "FORECASTLAB_HOME", "FORCE_COLOR", "NO_COLOR", "TERM", "COLUMNS", "LINES"],
  ...["npm_execpath", "npm_config_user_agent"],
]);

const outcome = (status: number | string, stdout: string, stderr: string): Run => ({
  status,
  stdout,
  stderr,
  get json() {
    return JSON.parse(stdout);
  },
});
