import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, test } from "vitest";
import { hasSharedData } from "../../examples/support/shared-data.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * The Python of the pinned environment: that of FORECASTLAB_TEST_PYTHON, or the one that tests/interop/prepare-python.sh made.
 *
 * @returns undefined if there is none
 */
export function pythonEnvironment(): string | undefined {
  const given = process.env.FORECASTLAB_TEST_PYTHON;
  if (given) {
    if (!existsSync(given)) throw new Error(`FORECASTLAB_TEST_PYTHON names ${given}, which does not exist`);
    return given;
  }
  const folder = here("../../../.venv-interop/");
  // Written last, so that a half-made environment is not used.
  return existsSync(`${folder}made-from.txt`) ? `${folder}bin/python` : undefined;
}

/** Tests that need the environment; without it they are skipped, and their name says why. */
export function describeWithPython(
  name: string,
  { realData = true }: { readonly realData?: boolean },
  body: () => void | Promise<void>,
): void {
  const missing = [
    ...(pythonEnvironment() === undefined
      ? ["no Python environment, see tests/interop/prepare-python.sh"]
      : []),
    ...(realData && !hasSharedData ? ["no real data sets"] : []),
  ];
  if (missing.length === 0) describe(name, body);
  else test.skip(`${name} (skipped: ${missing.join("; ")})`);
}

/** Runs a script of tests/interop/python. @returns the JSON that it prints */
export async function python<Result>(script: string, ...args: readonly string[]): Promise<Result> {
  return JSON.parse(await runPython([here(`../python/${script}`), ...args])) as Result;
}

/** The same with a value that the script reads as JSON from its standard input. */
export async function pythonOn<Result>(script: string, input: unknown): Promise<Result> {
  return JSON.parse(
    await runPython([here(`../python/${script}`)], undefined, JSON.stringify(input)),
  ) as Result;
}

/** Runs Python with one thread, so that the same inputs give the same models. @returns what it prints */
export async function runPython(args: readonly string[], cwd?: string, input = ""): Promise<string> {
  const executable = pythonEnvironment();
  if (executable === undefined) throw new Error("there is no Python environment");
  const running = promisify(execFile)(executable, [...args], {
    cwd,
    env: { ...process.env, OMP_NUM_THREADS: "1", PYTHONDONTWRITEBYTECODE: "1", PYTHONHASHSEED: "0" },
    maxBuffer: 64 * 1024 * 1024,
  });
  running.child.stdin?.end(input);
  return (await running).stdout;
}
