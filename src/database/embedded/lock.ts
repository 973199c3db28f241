import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fail } from "../../errors.ts";
import { holdFile, isAlive, ownFileName, processOf } from "../../system/processes.ts";

const patience_ms = 120_000;

/**
 * Runs the work while no other process does so in the same folder.
 *
 * Lamport's bakery, with files: a process takes a number one higher than every number it sees, and waits for those with
 * a lower one. No file is ever shared, so there is no stale lock to break and no race about who breaks it: files of
 * processes that no longer live are passed over. (A file `choosing-…` says that its process is about to take a number.)
 *
 * @throws EMBEDDED_BUSY
 */
export async function withFolderLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const name = ownFileName();
  const stopChoosing = holdFile(join(folder, `choosing-${name}`));
  let leave = () => {};
  try {
    const number = 1 + Math.max(0, ...tickets(folder).map((other) => other.number ?? 0));
    leave = holdFile(join(folder, `${number}-${name}`));
    stopChoosing();
    await turn(folder, { number, name });
    return await work();
  } finally {
    stopChoosing();
    leave();
  }
}

/** A file of the folder that says something about a process. */
interface Ticket {
  readonly file: string;
  readonly name: string;
  /** Undefined while its process is about to take one. */
  readonly number: number | undefined;
}

/** Waits until everybody who came before is through. */
async function turn(folder: string, own: { number: number; name: string }): Promise<void> {
  const deadline = Date.now() + patience_ms;
  for (;;) {
    const ahead = nextAhead(folder, own);
    if (ahead === undefined) return;
    while (existsSync(join(folder, ahead.file)) && lives(folder, ahead)) {
      if (Date.now() > deadline)
        throw fail("EMBEDDED_BUSY", { folder, pid: processOf(ahead.name)?.pid ?? "?" });
      await sleep(5 + Math.random() * 5);
    }
  }
}

/** Whom to wait for next: somebody choosing, else the one right before. */
function nextAhead(folder: string, own: { number: number; name: string }): Ticket | undefined {
  const choosing = tickets(folder).find((other) => other.number === undefined);
  if (choosing !== undefined) return choosing;
  // Looked up anew: whoever has chosen meanwhile had its number written before it was done choosing.
  const before = tickets(folder).filter(
    ({ number, name }) =>
      number !== undefined && (number === own.number ? name < own.name : number < own.number),
  );
  return before.sort((a, b) => (b.number ?? 0) - (a.number ?? 0))[0];
}

/** The tickets of processes that live. */
function tickets(folder: string): Ticket[] {
  return readdirSync(folder).flatMap((file) => {
    const [, kind, name] = /^(choosing|\d+)-(\d+-\d+-[0-9a-f]+)$/.exec(file) ?? [];
    if (kind === undefined || name === undefined) return [];
    const ticket = { file, name, number: kind === "choosing" ? undefined : Number(kind) };
    return lives(folder, ticket) ? [ticket] : [];
  });
}

/** Sweeps the ticket away where its process has died; nobody else will. */
function lives(folder: string, { file, name }: Ticket): boolean {
  const owner = processOf(name);
  if (owner !== undefined && isAlive(owner)) return true;
  rmSync(join(folder, file), { force: true });
  return false;
}
