import { lstatSync, realpathSync, type Stats, statSync } from "node:fs";
import { mkdir, readdir, readlink, realpath, stat, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ForecastLabError, fail } from "../../errors.ts";
import { sha256OfText } from "../../system/digest.ts";
import { requireTrusted, requireTrustedFoldersAbove, requireTrustedLink } from "../trusted-files.ts";
import { ensurePrivateFolder, ensurePublicFolder, ignore, mayEnter, unusableFolder } from "./folders.ts";
import { defaultOsUser, type OsUser, osUserOf, runsAsRoot } from "./os-user.ts";

/** The folders and files of one embedded server, and the user it runs as. Only that user can enter the folders. */
export interface ServerLocation {
  /** The folder of the settings. */
  readonly home: string;
  /** The folder with everything in it: `home`, or one in /var/lib if the user of the server cannot enter `home`. */
  readonly folder: string;
  /** The user that the server runs as; undefined for the user running the command. */
  readonly osUser: OsUser | undefined;
  /** The data folder of PostgreSQL, with the database cluster. */
  readonly data: string;
  readonly log: string;
  /** The folder of the leases. */
  readonly leases: string;
  /** The folder of the lock that is held to start or stop the server. */
  readonly lock: string;
}

/** For the data and programs of servers started by root whose user cannot enter their usual folders. */
export const systemFolder = "/var/lib/forecastlab";

/** The link in a home to the folder of its server, if that is outside the home. */
const linkName = "elsewhere";

/** Written into a home before everything else. A folder with files but without the marker is not changed. */
const marker = "FORECASTLAB_HOME.txt";

const markerText = `This folder contains ForecastLab's embedded PostgreSQL server and all data loaded into it.
Show its status:  forecastlab db status
To start afresh:  forecastlab db stop, then delete this folder.
`;

/** A home may be in a repository, but its data does not belong into it. */
const gitIgnore = "*\n";

/**
 * Finds the server of a home and changes nothing.
 *
 * @returns undefined if the home does not exist or is empty
 * @throws EMBEDDED_HOME_UNUSABLE, EMBEDDED_HOME_TAKEN, EMBEDDED_HOME_FOREIGN, FILE_UNTRUSTED
 */
export async function findLocation(home: string): Promise<ServerLocation | undefined> {
  const found = await statOf(home);
  if (found === undefined) return undefined;
  if (!found.isDirectory())
    throw fail("EMBEDDED_HOME_UNUSABLE", { folder: home, reason: "it is not a folder" });
  requireOwn(home, found);
  requireTrustedLink(home);
  requireTrustedFoldersAbove(realpathSync(home));
  const entries = await readdir(home).catch((error) => {
    throw unusableFolder(home, error);
  });
  if (entries.includes(linkName)) {
    requireTrustedLink(join(home, linkName));
    const folder = await readlink(join(home, linkName));
    const owner = await statOf(folder);
    return owner && requireTrustedData(locationIn(home, folder, osUserFor(folder, owner)));
  }
  if (entries.includes(marker)) {
    // Read again: another command that creates the home changes its owner before it writes the marker.
    const now = await statOf(home);
    return now && requireTrustedData(locationIn(home, home, osUserFor(home, now)));
  }
  if (entries.length === 0) return undefined;
  throw fail("EMBEDDED_HOME_TAKEN", { folder: home });
}

/**
 * The data folder may be a link, for example to a larger disk, but not one that others made or to a folder that others can
 * change. Above all, root must not write where the owner of the home leads it.
 */
function requireTrustedData(location: ServerLocation): ServerLocation {
  const { data, osUser } = location;
  if (!lstatSync(data, { throwIfNoEntry: false })?.isSymbolicLink()) return location;
  requireTrustedLink(data);
  const target = statSync(data, { throwIfNoEntry: false });
  if (target === undefined) return location;
  requireTrusted(realpathSync(data), target, osUser?.uid);
  requireTrustedFoldersAbove(realpathSync(data));
  return location;
}

/** Only root may use the server of another user. */
function requireOwn(home: string, owner: Owner): void {
  const uid = process.geteuid?.();
  if (uid === undefined || uid === 0 || uid === owner.uid) return;
  const user = osUserOf({ uid, gid: 0 }).name;
  throw fail("EMBEDDED_HOME_FOREIGN", { folder: home, owner: osUserOf(owner).name, user });
}

/** If the command runs as root, the server runs as the owner of its folder, who can then still use it without root. */
function osUserFor(folder: string, owner: Owner): OsUser | undefined {
  if (!runsAsRoot()) return undefined;
  if (owner.uid !== 0) return osUserOf(owner);
  throw fail("EMBEDDED_HOME_UNUSABLE", {
    folder,
    reason: "it belongs to root, as whom PostgreSQL will not run",
  });
}

/**
 * Finds or creates the folders of the server of a home. Only their owner can enter them.
 *
 * @throws EMBEDDED_HOME_UNUSABLE, EMBEDDED_HOME_TAKEN, EMBEDDED_HOME_FOREIGN, EMBEDDED_ACCOUNT_UNUSABLE, FILE_UNTRUSTED
 */
export async function ensureLocation(home: string): Promise<ServerLocation> {
  const location = (await findLocation(home)) ?? (await createLocation(home));
  await ensurePrivateFolder(location.leases, location.osUser);
  await ensurePrivateFolder(location.lock, location.osUser);
  return location;
}

async function createLocation(home: string): Promise<ServerLocation> {
  await mkdir(dirname(home), { recursive: true }).catch((error) => {
    throw unusableFolder(dirname(home), error);
  });
  // What exists was checked by findLocation.
  requireTrustedFoldersAbove(join(realpathSync(dirname(home)), basename(home)));
  // A home may be a link, for example to a folder on a larger disk.
  const path = await mkdir(home, { mode: 0o700 })
    .catch(ignore("EEXIST"))
    .then(() => realpath(home))
    .catch((error) => {
      throw unusableFolder(home, error);
    });
  await ensurePrivateFolder(path, undefined);
  const osUser = runsAsRoot() ? await osUserFromRoot(path) : undefined;
  if (osUser !== undefined && !(await handOver(path, osUser))) return createOutsideHome(home, path);
  await writeOnce(join(home, marker), markerText);
  await writeOnce(join(home, ".gitignore"), gitIgnore);
  return locationIn(home, home, osUser);
}

async function osUserFromRoot(path: string): Promise<OsUser> {
  const owner = await stat(path);
  return owner.uid === 0 ? defaultOsUser() : osUserOf(owner);
}

/** Gives the folder to the user. False if the user cannot enter its parent or the file system has no owners. */
async function handOver(path: string, osUser: OsUser): Promise<boolean> {
  if (!(await mayEnter(osUser, dirname(path)))) return false;
  await ensurePrivateFolder(path, osUser).catch(() => {});
  return (await stat(path)).uid === osUser.uid;
}

/**
 * Creates the folder of the server outside the home, because the user of the server cannot enter the folders of root and their
 * permissions are not changed. The home contains only a link to it.
 */
async function createOutsideHome(home: string, path: string): Promise<ServerLocation> {
  const osUser = defaultOsUser();
  const digest = sha256OfText(path).slice(0, 12);
  const name = basename(path) === ".forecastlab" ? basename(dirname(path)) : basename(path);
  const folder = join(systemFolder, `${name.replaceAll(/[^\w.-]/g, "_") || "root"}-${digest}`);
  try {
    await ensurePublicFolder(systemFolder);
    await ensurePrivateFolder(folder, osUser);
  } catch (error) {
    const cause = error instanceof ForecastLabError ? error.received.reason : String(error);
    const reason =
      `the user ${osUser.name}, as whom it runs for root, cannot enter it, ` +
      `and ${systemFolder}, where its data would be instead, cannot be used (${cause})`;
    throw fail("EMBEDDED_HOME_UNUSABLE", { folder: home, reason }, error);
  }
  if (!(await mayEnter(osUser, folder))) {
    throw fail("EMBEDDED_HOME_UNUSABLE", { folder, reason: `the user ${osUser.name} cannot enter it` });
  }
  await writeOnce(join(folder, marker), markerText);
  await symlink(folder, join(home, linkName)).catch(ignore("EEXIST"));
  await writeOnce(join(home, ".gitignore"), gitIgnore);
  return locationIn(home, folder, osUser);
}

type Owner = Pick<Stats, "uid" | "gid">;

function locationIn(home: string, folder: string, osUser: OsUser | undefined): ServerLocation {
  return {
    home,
    folder,
    osUser,
    data: join(folder, "data"),
    log: join(folder, "server.log"),
    leases: join(folder, "leases"),
    lock: join(folder, "lock"),
  };
}

async function writeOnce(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: "wx", mode: 0o600 }).catch(ignore("EEXIST"));
}

async function statOf(path: string): Promise<Stats | undefined> {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw unusableFolder(path, error);
  });
}
