import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * The Python interpreter of the environment with the packages of `tests/interop/requirements.txt`: that of
 * FORECASTLAB_TEST_PYTHON, else of `.venv-interop` in the project. Undefined if there is none.
 */
export function pythonEnvironment(): string | undefined {
  const own = process.env.FORECASTLAB_TEST_PYTHON ?? `${root}.venv-interop/bin/python`;
  return existsSync(own) ? own : undefined;
}

/** Runs a script of `tests/interop/python` with JSON on its standard input and returns the JSON of its output. */
export function python(interpreter: string, script: string, input: unknown): unknown {
  const path = fileURLToPath(new URL(`../python/${script}`, import.meta.url));
  const output = execFileSync(interpreter, [path], { input: JSON.stringify(input), maxBuffer: 2 ** 28 });
  return JSON.parse(output.toString());
}
