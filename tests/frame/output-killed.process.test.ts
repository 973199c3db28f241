import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { withEngine } from "../../src/duckdb/engine.ts";
import { openOutput } from "../../src/frame/output/index.ts";

const folder = mkdtempSync(join(tmpdir(), "forecastlab-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

const script = fileURLToPath(new URL("support/half-written-frame.mjs", import.meta.url));

/** A place with the files of an earlier frame, and a process that has written half of the next one. */
async function halfWritten(
  name: string,
  end: "stay" | "exit",
): Promise<{ place: string; child: ChildProcess }> {
  const place = join(folder, name);
  mkdirSync(place);
  for (const file of earlier) writeFileSync(join(place, file), `earlier ${file}`);
  const child = spawn(process.execPath, [script, join(place, "x.csv"), end], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = await once(child.stdout as NodeJS.ReadableStream, "data");
  expect(String(said)).toBe("half\n");
  return { place, child };
}

const earlier = ["x.csv", "x.future.csv", "x.manifest.json"];
const kept = (place: string) => earlier.map((file) => readFileSync(join(place, file), "utf8"));
const untouched = earlier.map((file) => `earlier ${file}`);

describe("a process that ends in the middle of a frame", () => {
  test("leaves, if it is killed, a folder whose name starts with a dot, and the next frame there removes it", async () => {
    const { place, child } = await halfWritten("killed", "stay");
    const open = () =>
      withEngine(undefined, async (engine) => {
        const columns = [{ name: "unique_id", type: "VARCHAR" }] as const;
        const output = await openOutput(engine, {
          out: join(place, "y.csv"),
          training: columns,
          future: columns,
        });
        const found = readdirSync(place).filter((name) => name.startsWith("."));
        await output.discard();
        return found.length;
      });
    expect(await open(), "its own, and that of the running process").toBe(2);

    child.kill("SIGKILL");
    await once(child, "exit");
    const left = readdirSync(place).filter((name) => !earlier.includes(name));
    expect(left).toEqual([expect.stringMatching(/^\.forecastlab-frame-/)]);
    expect(kept(place)).toEqual(untouched);

    expect(await open(), "its own only").toBe(1);
    expect(readdirSync(place).sort()).toEqual(earlier);
  });

  test("leaves nothing if it exits by itself", async () => {
    const { place, child } = await halfWritten("left", "exit");
    if (child.exitCode === null) await once(child, "exit");
    expect(child.exitCode).toBe(7);
    expect(readdirSync(place).sort()).toEqual(earlier);
    expect(kept(place)).toEqual(untouched);
  });
});
