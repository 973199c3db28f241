import { type Dirent, lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { asFileFailure } from "./file-failures.ts";
import { isAlive, ownFileName, processOf } from "./processes.ts";

/** A private temporary folder of this process, and how to remove it. */
export interface PrivateFolder {
  readonly path: string;
  remove(): void;
}

/**
 * Makes a folder that only this user can read. It goes with the process, also after `process.exit`; what a process that was
 * killed left behind is removed by the next one that makes a folder of that name in that place.
 *
 * @param options.parent where; the system's folder for temporary files if it is not given
 * @param options.name what the folder's name starts with
 * @throws FILE_NOT_PERMITTED, FILE_UNWRITABLE
 */
export function makePrivateFolder({
  parent = tmpdir(),
  name = "forecastlab-work",
}: {
  readonly parent?: string;
  readonly name?: string;
} = {}): PrivateFolder {
  // Folders of this host only: process numbers of another container mean nothing here.
  const prefix = `${name}-${hostname()}-`;
  sweepDead(parent, prefix);
  const path = join(parent, `${prefix}${ownFileName()}`);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    throw asFileFailure(error, parent, "written");
  }
  const drop = () => rmSync(path, { recursive: true, force: true });
  process.once("exit", drop);
  return {
    path,
    remove: () => {
      drop();
      process.removeListener("exit", drop);
    },
  };
}

function sweepDead(parent: string, prefix: string): void {
  for (const entry of entriesOf(parent)) {
    if (!entry.isDirectory() || !entry.name.startsWith(prefix)) continue;
    const owner = processOf(entry.name.slice(prefix.length));
    if (owner !== undefined && !isAlive(owner)) removeOwn(join(parent, entry.name));
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Only what belongs to this user: in a shared folder nobody else's names are to be followed. */
function removeOwn(path: string): void {
  try {
    if (lstatSync(path).uid === process.getuid?.()) rmSync(path, { recursive: true, force: true });
  } catch {
    // It is gone already, or stays for another time.
  }
}
