import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, readdir, readFile, readlink, rename, rm, symlink } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { ensurePublicFolder, mayEnter } from "./folders.ts";
import type { OsUser } from "./os-user.ts";

/*
 * The npm package with PostgreSQL lacks its symbolic links, because npm packages cannot contain any. Its install script would
 * add them, but newer versions of npm do not run it by default.
 */

/**
 * Adds the missing links to the package, or, if the user cannot enter it or it is read-only, makes a complete copy.
 *
 * @param native the folder `native` of the package
 * @param osUser the user the server runs as; undefined for the user running the command
 * @param copies the folder for copies
 * @returns the folder that the user can run PostgreSQL from
 */
export async function preparePackage(
  native: string,
  osUser: OsUser | undefined,
  copies: string,
): Promise<string> {
  const reachable = osUser === undefined || (await mayEnter(osUser, join(native, "bin")));
  if (reachable && (await addLinks(native))) return native;
  if (osUser !== undefined) await ensurePublicFolder(copies);
  return copyPackage(native, join(copies, `postgresql-${await versionOf(native)}`));
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/** Adds the missing links; false if that is not permitted. */
async function addLinks(native: string): Promise<boolean> {
  try {
    for (const { source, target } of await linksOf(native)) {
      if (existsSync(target)) continue;
      await symlink(relative(dirname(target), source), target).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
      });
    }
    return true;
  } catch {
    return false;
  }
}

/** The links in `pg-symlinks.json`, where paths start with the name of the folder (`native/lib/…`). */
async function linksOf(native: string): Promise<Link[]> {
  const file = join(native, "pg-symlinks.json");
  if (!existsSync(file)) return [];
  const links: Link[] = JSON.parse(await readFile(file, "utf8"));
  const pathOf = (path: string) => join(native, relative("native", path));
  return links.map(({ source, target }) => ({ source: pathOf(source), target: pathOf(target) }));
}

/** Copies the package once, readable for every user. If several commands copy it, the first complete copy is used. */
async function copyPackage(native: string, folder: string): Promise<string> {
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${randomBytes(4).toString("hex")}`;
  await copyTree(native, unfinished);
  await addLinks(unfinished);
  await rename(unfinished, folder).catch(async (error: NodeJS.ErrnoException) => {
    await rm(unfinished, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  });
  return folder;
}

async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to);
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyTree(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else {
      await copyFile(source, target);
      await chmod(target, basename(from) === "bin" ? 0o755 : 0o644);
    }
  }
}

async function versionOf(native: string): Promise<string> {
  return JSON.parse(await readFile(join(native, "..", "package.json"), "utf8")).version;
}
