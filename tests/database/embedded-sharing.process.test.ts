import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withFolderLock } from "../../src/database/embedded/folder-lock.ts";
import {
  acquireLease,
  leaseHolders,
  leaseStatus,
  removeStaleLeases,
} from "../../src/database/embedded/leases.ts";
import { isAlive, ownFileName, processOf } from "../../src/system/processes.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "forecastlab-sharing-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** No process has this id: systems do not use ids this high. */
const neverAPid = 2 ** 30;

describe("the process in a file name", () => {
  it("is this process, and alive", () => {
    const self = processOf(ownFileName());
    expect(self?.pid).toBe(process.pid);
    expect(self && isAlive(self)).toBe(true);
  });

  it("is not another process that got the same id later", () => {
    const self = processOf(ownFileName());
    expect(isAlive({ pid: process.pid, started: `${self?.started}1` })).toBe(process.platform === "win32");
  });

  it("is dead if no process has its id", () => {
    expect(isAlive({ pid: neverAPid, started: "1" })).toBe(false);
  });

  it.runIf(process.platform === "linux")("is dead if it is a zombie that nobody waits for", async () => {
    // The child of the shell ends, and the program that replaced the shell never waits for it.
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
  it("are counted for live processes, and stale for dead ones", () => {
    const processes = fc.array(fc.record({ pid: fc.integer({ min: 1, max: 99 }), lives: fc.boolean() }));
    fc.assert(
      fc.property(processes, (list) => {
        const names = list.map(({ pid, lives }, index) => `${pid}-${lives ? 1 : 2}-${index.toString(16)}`);
        const { holders, stale } = leaseStatus([...names, "README", ".x"], ({ started }) => started === "1");
        expect(holders).toEqual(list.filter(({ lives }) => lives).map(({ pid }) => pid));
        expect(stale).toEqual(names.filter((name) => name.includes("-2-")));
      }),
    );
  });

  it("are released one by one", () => {
    const [first, second] = [acquireLease(folder), acquireLease(folder)];
    expect(leaseHolders(folder)).toEqual([process.pid, process.pid]);
    first.release();
    expect(leaseHolders(folder)).toEqual([process.pid]);
    second.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("of dead processes are removed", () => {
    writeFileSync(join(folder, `${neverAPid}-1-ab`), "");
    const lease = acquireLease(folder);
    removeStaleLeases(folder);
    expect(leaseHolders(folder)).toEqual([process.pid]);
    expect(readdirSync(folder)).toHaveLength(1);
    lease.release();
  });

  it("are none if the folder does not exist", () => {
    expect(leaseHolders(join(folder, "missing"))).toEqual([]);
  });
});

describe("the lock of a folder", () => {
  it("is held by one at a time, and by everybody in the end", async () => {
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

  it("ignores the tickets of dead processes, with or without a number", async () => {
    writeFileSync(join(folder, `1-${neverAPid}-1-ab`), "");
    writeFileSync(join(folder, `choosing-${neverAPid}-1-cd`), "");
    expect(await withFolderLock(folder, async () => "in")).toBe("in");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("waits for a process that is about to take a number", async () => {
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

  it("is released if the work fails", async () => {
    await expect(withFolderLock(folder, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await withFolderLock(folder, async () => "next")).toBe("next");
  });
});
