import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

export interface Run {
  /** The exit code, or the signal's name. */
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as JSON; throws where it is not exactly one document. */
  // biome-ignore lint/suspicious/noExplicitAny: each command's object has its own shape
  readonly json: any;
}

/** Runs the built command line (`pretest` builds it) as a process of its own. */
export function forecastlab(
  args: readonly string[],
  options: { env?: Record<string, string | undefined>; cwd?: string } = {},
): Promise<Run> {
  const { DATABASE_URL: _, FORECASTLAB_HOME: __, FORCE_COLOR: ___, ...environment } = process.env;
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd,
    env: { ...environment, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return new Promise((resolve, reject) => {
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (chunk) => stdout.push(chunk));
    child.stderr.on("data", (chunk) => stderr.push(chunk));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const text = Buffer.concat(stdout).toString();
      resolve({
        status: code ?? signal ?? "",
        stdout: text,
        stderr: Buffer.concat(stderr).toString(),
        get json() {
          return JSON.parse(text);
        },
      });
    });
  });
}
