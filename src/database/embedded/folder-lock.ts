import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fail } from "../../errors.ts";
import { holdFile, isAlive, ownFileName, processOf } from "../../system/processes.ts";

const timeout_ms = 120_000;

/**
 * Runs the work while no other process runs work in the same folder. Waits up to two minutes for its turn.
 *
 * This is Lamport's bakery algorithm with files. A process takes a ticket with a number one higher than all it sees, and waits
 * for those with a lower number. Each ticket is a file of its own process, and tickets of dead processes are ignored, so there
 * is no stale lock to break and no race between processes that break it. A file `choosing-…` means that its process is about
 * to take a number.
 *
 * @throws EMBEDDED_BUSY
 */
export async function withFolderLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const name = ownFileName();
  const stopChoosing = holdFile(join(folder, `choosing-${name}`));
  let dropTicket = () => {};
  try {
    const number = 1 + Math.max(0, ...tickets(folder).map((other) => other.number ?? 0));
    dropTicket = holdFile(join(folder, `${number}-${name}`));
    stopChoosing();
    await waitForTurn(folder, { number, name });
    return await work();
  } finally {
    stopChoosing();
    dropTicket();
  }
}

/** A ticket file of a process. */
interface Ticket {
  readonly file: string;
  /** Identifies the process, as {@link processOf} reads it. */
  readonly name: string;
  /** Undefined while the process is about to take a number. */
  readonly number: number | undefined;
}

/** Waits until no process with a lower number is left. */
async function waitForTurn(folder: string, own: { number: number; name: string }): Promise<void> {
  const deadline = Date.now() + timeout_ms;
  for (;;) {
    const ahead = nextAhead(folder, own);
    if (ahead === undefined) return;
    while (existsSync(join(folder, ahead.file)) && isHeld(folder, ahead)) {
      if (Date.now() > deadline)
        throw fail("EMBEDDED_BUSY", { folder, pid: processOf(ahead.name)?.pid ?? "?" });
      await sleep(5 + Math.random() * 5);
    }
  }
}

/** The ticket to wait for next: one whose process is choosing, or the highest number below our own. */
function nextAhead(folder: string, own: { number: number; name: string }): Ticket | undefined {
  const choosing = tickets(folder).find((other) => other.number === undefined);
  if (choosing !== undefined) return choosing;
  // Listed again: a process that has chosen in the meantime wrote its number before it removed its choosing file.
  const before = tickets(folder).filter(
    ({ number, name }) =>
      number !== undefined && (number === own.number ? name < own.name : number < own.number),
  );
  return before.sort((a, b) => (b.number ?? 0) - (a.number ?? 0))[0];
}

/** The tickets of live processes. */
function tickets(folder: string): Ticket[] {
  return readdirSync(folder).flatMap((file) => {
    const [, kind, name] = /^(choosing|\d+)-(\d+-\d+-[0-9a-f]+)$/.exec(file) ?? [];
    if (kind === undefined || name === undefined) return [];
    const ticket = { file, name, number: kind === "choosing" ? undefined : Number(kind) };
    return isHeld(folder, ticket) ? [ticket] : [];
  });
}

/** Whether the process of a ticket is alive. The ticket of a dead process is removed. */
function isHeld(folder: string, { file, name }: Ticket): boolean {
  const owner = processOf(name);
  if (owner !== undefined && isAlive(owner)) return true;
  rmSync(join(folder, file), { force: true });
  return false;
}
