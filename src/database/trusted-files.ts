import {
  closeSync,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  type Stats,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { fail } from "../errors.ts";
import { withFileFailures } from "../system/file-failures.ts";
import { osUserOf, primaryGroupOf } from "./embedded/os-user.ts";

/*
 * Files that decide what a command does or runs must not be somebody else's work: they belong to the user who runs the
 * command or to root, and nobody else can write to them. Windows has neither owners nor modes of this kind.
 */

/** The text of a file that only its trusted owner can have written. @throws FILE_UNTRUSTED and the errors of files */
export function readTrustedFile(path: string): string {
  return withFileFailures(path, "read", () => {
    requireTrustedLink(path);
    const file = openSync(path, "r");
    try {
      // Of the open file: the name may lead to another one a moment later.
      requireTrusted(path, fstatSync(file));
      return readFileSync(file, "utf8");
    } finally {
      closeSync(file);
    }
  });
}

/**
 * Refuses a file or folder that another user owns or may write to.
 *
 * @param owner the user it must belong to, if not root. Default: the user who runs the command
 * @throws FILE_UNTRUSTED
 */
export function requireTrusted(path: string, found: Stats, owner = process.geteuid?.()): void {
  if (owner === undefined) return;
  if (found.uid !== owner && found.uid !== 0) throw untrusted(path, found, "that is another user");
  if ((found.mode & 0o022) !== 0) throw untrusted(path, found, "others can write to it");
}

/** Refuses a link that another user put there. Other files are not checked. @throws FILE_UNTRUSTED */
export function requireTrustedLink(path: string): void {
  const user = process.geteuid?.();
  const found = user === undefined ? undefined : lstatSync(path, { throwIfNoEntry: false });
  if (!found?.isSymbolicLink() || found.uid === user || found.uid === 0) return;
  throw untrusted(path, found, "it is a link of another user");
}

/** Refuses a program that another user owns or may replace. What does not exist is not checked. @throws FILE_UNTRUSTED */
export function requireTrustedProgram(path: string): void {
  if (process.geteuid === undefined) return;
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  requireTrusted(path, found);
  requireTrustedFoldersAbove(realpathSync(path), { groups: false });
}

/**
 * Refuses a path below a folder in which others can put something else in its place. In a folder with the sticky bit, such
 * as /tmp, they cannot.
 *
 * @param path without links
 * @param options.groups whether a group counts as others, unless it is the own group of the folder's owner. Default: true
 * @throws FILE_UNTRUSTED
 */
export function requireTrustedFoldersAbove(path: string, options: { readonly groups?: boolean } = {}): void {
  if (process.geteuid === undefined) return;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const found = statSync(folder, { throwIfNoEntry: false });
    if (found !== undefined && (found.mode & 0o1000) === 0 && isShared(found, options.groups ?? true))
      throw untrusted(folder, found, `others can put something else in the place of ${path}`);
    if (folder === dirname(folder)) return;
  }
}

function isShared({ mode, uid, gid }: Stats, groups: boolean): boolean {
  if ((mode & 0o002) !== 0) return true;
  return groups && (mode & 0o020) !== 0 && gid !== 0 && gid !== primaryGroupOf(uid);
}

function untrusted(path: string, found: Stats, problem: string): Error {
  const user = osUserOf({ uid: process.geteuid?.() ?? 0, gid: 0 }).name;
  const mode = (found.mode & 0o7777).toString(8).padStart(4, "0");
  return fail("FILE_UNTRUSTED", { path, owner: osUserOf(found).name, mode, problem, user });
}
