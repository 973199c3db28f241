import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { run } from "../../src/cli/run.ts";
import { forecastlab, program, type Run, spawnForecastlab } from "./support/command-line.ts";
import { rememberingStreams } from "./support/streams.ts";

/* The program as the shell sees it. What its commands do is tested in the process of the tests. */

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

const textsOf = ({ status, stdout, stderr }: Run) => ({ status, stdout, stderr });

describe("the program", () => {
  test.for([
    ["--version", 0],
    ["--help", 0],
    ["load --help", 0],
    ["", 1],
    ["help load", 0],
    ["db", 1],
    ["laod", 2],
    ["load sales_daily", 2],
    ["loads --limit all", 2],
  ] as const)(
    "forecastlab %s exits with %i, and prints what it prints within another process",
    async ([line, status]) => {
      const args = line.split(" ").filter(Boolean);
      const env = { DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none" };
      const [spawned, inProcess] = [
        await spawnForecastlab(args, { env }),
        await forecastlab(args, { env, program: "npx forecastlab" }),
      ];
      expect(spawned.status).toBe(status);
      expect(textsOf(spawned)).toEqual(textsOf(inProcess));
    },
  );

  test("prints its version", async () => {
    expect((await spawnForecastlab(["--version"])).stdout).toBe(`${version}\n`);
  });

  test("an unknown command is one sentence with what was meant", async () => {
    expect((await spawnForecastlab(["laod"])).stderr).toBe(
      "error Unknown command 'laod' (did you mean load?). [USAGE]\n" +
        "  Correct the argument. Run the command with --help to see its arguments and examples.\n",
    );
  });

  test("ends in silence when its reader has seen enough", async () => {
    const child = spawn("sh", ["-c", `"${process.execPath}" "${program}" --help | head -n 1; echo done`], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, err]: string[][] = [[], []];
    child.stdout.on("data", (chunk) => out?.push(String(chunk)));
    child.stderr.on("data", (chunk) => err?.push(String(chunk)));
    await once(child, "close");
    expect([out?.join(""), err?.join("")]).toEqual([
      "Usage: npx forecastlab <command> [options]\ndone\n",
      "",
    ]);
  });
});

test("an interruption ends a command with 128 + the signal's number and its own error", async () => {
  const { fail } = await import("../../src/errors.ts");
  const controller = new AbortController();
  controller.abort(fail("INTERRUPTED", { signal: "SIGTERM" }));
  const { written, ...streams } = rememberingStreams();
  const environment = { ...process.env, DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none" };
  const args = ["loads", "--json"];
  expect(await run(args, { streams, environment, signal: controller.signal })).toBe(143);
  expect(JSON.parse(written.stdout).error).toMatchObject({ code: "INTERRUPTED" });
});
