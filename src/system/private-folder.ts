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
 * Makes a folder that only this user can read. It is removed when the process ends, also by `process.exit`. A folder that a
 * killed process left behind is removed by the next process that makes one of the same name in the same place.
 *
 * @param options.parent folder to make it in; default: the system's folder for temporary files
 * @param options.name start of the folder's name; default `forecastlab-work`
 * @throws FILE_NOT_PERMITTED, FILE_UNWRITABLE
 */
export function makePrivateFolder({
  parent = tmpdir(),
  name = "forecastlab-work",
}: {
  readonly parent?: string;
  readonly name?: string;
} = {}): PrivateFolder {
  // Only folders of this host: the process ids of another container are unknown here.
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

/** Only if it belongs to this user: in a shared folder, links of other users must not be followed. */
function removeOwn(path: string): void {
  try {
    if (lstatSync(path).uid === process.getuid?.()) rmSync(path, { recursive: true, force: true });
  } catch {
    // It is gone already, or a later process removes it.
  }
}
