import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { holdersOf, sortLeases, sweepLeases, takeLease } from "../../src/database/embedded/leases.ts";
import { withFolderLock } from "../../src/database/embedded/lock.ts";
import { isAlive, ownFileName, processOf } from "../../src/system/processes.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "forecastlab-sharing-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** No process has this id: it is beyond what systems give out. */
const neverAPid = 2 ** 30;

describe("a process in a file name", () => {
  it("is this one, alive", () => {
    const self = processOf(ownFileName());
    expect(self?.pid).toBe(process.pid);
    expect(self && isAlive(self)).toBe(true);
  });

  it("is not another process that was given its id later", () => {
    const self = processOf(ownFileName());
    expect(isAlive({ pid: process.pid, started: `${self?.started}1` })).toBe(process.platform === "win32");
  });

  it("is gone when no process has its id", () => {
    expect(isAlive({ pid: neverAPid, started: "1" })).toBe(false);
  });

  it.runIf(process.platform === "linux")("is gone when it is a zombie nobody waits for", async () => {
    // The shell's child ends, and what the shell became never waits for it.
    const parent = spawn("/bin/sh", ["-c", "sleep 0.05 & echo $!; exec sleep 10"]);
    const pid = Number(
      await new Promise((resolve) => parent.stdout.once("data", (data) => resolve(String(data)))),
    );
    try {
      await expect.poll(() => isAlive({ pid, started: "0" }), { timeout: 2000 }).toBe(false);
      expect(() => process.kill(pid, 0)).not.toThrow();
    } finally {
      parent.kill("SIGKILL");
    }
  });
});

describe("leases", () => {
  it("count every use by a living process, and none of a dead one", () => {
    const processes = fc.array(fc.record({ pid: fc.integer({ min: 1, max: 99 }), lives: fc.boolean() }));
    fc.assert(
      fc.property(processes, (list) => {
        const names = list.map(({ pid, lives }, index) => `${pid}-${lives ? 1 : 2}-${index.toString(16)}`);
        const { holders, stale } = sortLeases([...names, "README", ".x"], ({ started }) => started === "1");
        expect(holders).toEqual(list.filter(({ lives }) => lives).map(({ pid }) => pid));
        expect(stale).toEqual(names.filter((name) => name.includes("-2-")));
      }),
    );
  });

  it("are given back one by one", () => {
    const [first, second] = [takeLease(folder), takeLease(folder)];
    expect(holdersOf(folder)).toEqual([process.pid, process.pid]);
    first.release();
    expect(holdersOf(folder)).toEqual([process.pid]);
    second.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("of processes that died are swept away", () => {
    writeFileSync(join(folder, `${neverAPid}-1-ab`), "");
    const lease = takeLease(folder);
    sweepLeases(folder);
    expect(holdersOf(folder)).toEqual([process.pid]);
    expect(readdirSync(folder)).toHaveLength(1);
    lease.release();
  });

  it("are none where there is no folder yet", () => {
    expect(holdersOf(join(folder, "missing"))).toEqual([]);
  });
});

describe("the lock of a folder", () => {
  it("lets one in at a time, and everybody in the end", async () => {
    let inside = 0;
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        withFolderLock(folder, async () => {
          inside += 1;
          expect(inside).toBe(1);
          await sleep(Math.random() * 3);
          order.push(index);
          inside -= 1;
        }),
      ),
    );
    expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, index) => index));
    expect(readdirSync(folder)).toEqual([]);
  });

  it("passes over the tickets of processes that died, chosen or still choosing", async () => {
    writeFileSync(join(folder, `1-${neverAPid}-1-ab`), "");
    writeFileSync(join(folder, `choosing-${neverAPid}-1-cd`), "");
    expect(await withFolderLock(folder, async () => "in")).toBe("in");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("waits for whoever is about to take a number", async () => {
    const choosing = join(folder, `choosing-${ownFileName()}`);
    writeFileSync(choosing, "");
    let entered = false;
    const waiting = withFolderLock(folder, async () => {
      entered = true;
    });
    await sleep(60);
    expect(entered).toBe(false);
    rmSync(choosing);
    await waiting;
    expect(entered).toBe(true);
  });

  it("is given back by work that fails", async () => {
    await expect(withFolderLock(folder, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await withFolderLock(folder, async () => "next")).toBe("next");
  });
});
