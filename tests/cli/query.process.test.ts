import { spawn } from "node:child_process";
import { describe, expect, test } from "vitest";
import { query, Workspace } from "../ingest/support/load.ts";
import { freshDatabase, urlOf } from "../support/warehouse.ts";
import { program } from "./support/command-line.ts";

/* query as a process: standard input, a reader that has seen enough, Ctrl-C. */

const database = await freshDatabase();
const workspace = new Workspace();
const active =
  "SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT%long_query%' AND state = 'active' AND pid <> pg_backend_pid()";

function start(...args: string[]) {
  const env = { ...process.env, DATABASE_URL: urlOf(database) };
  const child = spawn(process.execPath, [program, "query", ...args], { env, cwd: workspace.folder });
  const written = { stdout: "", stderr: "" };
  child.stderr.on("data", (chunk) => {
    written.stderr += chunk;
  });
  const closed = new Promise<number | null>((resolve) => child.on("close", resolve));
  return { child, written, closed };
}

describe("forecastlab query", () => {
  test("reads the statement from standard input", async () => {
    const { child, written, closed } = start("-", "--format", "csv");
    child.stdout.on("data", (chunk) => {
      written.stdout += chunk;
    });
    child.stdin.end("SELECT 1 AS a -- from a pipe\n;\n");
    expect(await closed).toBe(0);
    expect(written).toEqual({ stdout: "a\n1\n", stderr: "1 row\n" });
  });

  test.for(["table", "csv"])("ends when the reader of %s has seen enough", async (format) => {
    const sql = "SELECT generate_series(1, 1000000000) AS long_query";
    const { child, closed } = start(sql, "--format", format);
    child.stdin.end();
    await new Promise((resolve) => child.stdout.once("data", resolve));
    child.stdout.destroy();
    expect(await closed).toBe(0);
    await expect.poll(() => query(database, active), { timeout: 10_000 }).toHaveLength(0);
  });

  test("is cancelled on the server by Ctrl-C, also while nobody reads its rows", async () => {
    for (const sql of [
      "SELECT pg_sleep(60) AS long_query",
      "SELECT generate_series(1, 1000000000) AS long_query",
    ]) {
      const { child, closed, written } = start(sql, "--format", "csv");
      child.stdin.end();
      child.stdout.pause();
      await expect.poll(() => query(database, active), { timeout: 10_000 }).toHaveLength(1);
      child.kill("SIGINT");
      await expect.poll(() => written.stderr, { timeout: 10_000 }).toMatch(/\[INTERRUPTED\]/);
      child.stdout.destroy();
      expect(await closed).toBe(130);
      await expect.poll(() => query(database, active), { timeout: 10_000 }).toHaveLength(0);
    }
  });
});
