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

/** A place with an earlier frame's file, and a process half-way through the next one. */
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
  test("killed, leaves a folder whose name starts with a dot, which goes with the next frame there", async () => {
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
    expect(await open(), "its own, and that of the process that lives").toBe(2);

    child.kill("SIGKILL");
    await once(child, "exit");
    const left = readdirSync(place).filter((name) => !earlier.includes(name));
    expect(left).toEqual([expect.stringMatching(/^\.forecastlab-frame-/)]);
    expect(kept(place)).toEqual(untouched);

    expect(await open(), "its own only").toBe(1);
    expect(readdirSync(place).sort()).toEqual(earlier);
  });

  test("leaving by itself, leaves nothing", async () => {
    const { place, child } = await halfWritten("left", "exit");
    if (child.exitCode === null) await once(child, "exit");
    expect(child.exitCode).toBe(7);
    expect(readdirSync(place).sort()).toEqual(earlier);
    expect(kept(place)).toEqual(untouched);
  });
});
