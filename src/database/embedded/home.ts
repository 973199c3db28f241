import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { mkdir, readdir, readlink, realpath, stat, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ForecastLabError, fail } from "../../errors.ts";
import { ignore, privateFolder, publicFolder, unusableFolder } from "./folders.ts";
import { type Account, accountOf, defaultAccount, mayEnter, runsAsRoot } from "./os-user.ts";

/** Where one embedded server lives, and as whom it runs. Every path is private to that user. */
export interface Site {
  /** The folder of the settings. */
  readonly home: string;
  /** The folder that holds everything: `home`, or one below /var/lib where the server's user cannot get to `home`. */
  readonly folder: string;
  /** As whom the server runs; undefined for the user running the command. */
  readonly account: Account | undefined;
  readonly data: string;
  readonly log: string;
  readonly leases: string;
  readonly lock: string;
}

/** Root keeps here what the server's user could not reach elsewhere. */
export const sharedFolder = "/var/lib/forecastlab";

/** The link in a home that only says where its server lives. */
const pointer = "elsewhere";

/** Written into a home before anything else: what is not empty and has none is not ours to change. */
const marker = "FORECASTLAB_HOME.txt";

const markerText = `This folder holds ForecastLab's embedded PostgreSQL server and all data loaded into it.
Look at it with:  forecastlab db status
To start afresh:  forecastlab db stop, then delete this folder.
`;

/** The data does not belong into the repository a home may stand in. */
const gitIgnore = "*\n";

/**
 * The server of a home, if there is one already. Changes nothing.
 *
 * @throws EMBEDDED_HOME_UNUSABLE, EMBEDDED_HOME_TAKEN, EMBEDDED_HOME_FOREIGN
 */
export async function findSite(home: string): Promise<Site | undefined> {
  const found = await statOf(home);
  if (found === undefined) return undefined;
  if (!found.isDirectory())
    throw fail("EMBEDDED_HOME_UNUSABLE", { folder: home, reason: "it is not a folder" });
  requireOwn(home, found);
  const entries = await readdir(home).catch((error) => {
    throw unusableFolder(home, error);
  });
  if (entries.includes(pointer)) {
    const folder = await readlink(join(home, pointer));
    const owner = await statOf(folder);
    return owner && siteIn(home, folder, accountFor(folder, owner));
  }
  if (entries.includes(marker)) {
    // Asked again: another command may have been handing the home over, and puts the marker there when it has.
    const now = await statOf(home);
    return now && siteIn(home, home, accountFor(home, now));
  }
  if (entries.length === 0) return undefined;
  throw fail("EMBEDDED_HOME_TAKEN", { folder: home });
}

/** Nobody but root uses a server of somebody else. */
function requireOwn(home: string, owner: Owner): void {
  const uid = process.geteuid?.();
  if (uid === undefined || uid === 0 || uid === owner.uid) return;
  const user = accountOf({ uid, gid: 0 }).name;
  throw fail("EMBEDDED_HOME_FOREIGN", { folder: home, owner: accountOf(owner).name, user });
}

/** As root, what belongs to somebody is served by that somebody: it stays usable for both. */
function accountFor(folder: string, owner: Owner): Account | undefined {
  if (!runsAsRoot()) return undefined;
  if (owner.uid !== 0) return accountOf(owner);
  throw fail("EMBEDDED_HOME_UNUSABLE", {
    folder,
    reason: "it belongs to root, as whom PostgreSQL will not run",
  });
}

/**
 * The server's place, made if it is not there yet: folders only their owner can enter.
 *
 * @throws EMBEDDED_HOME_UNUSABLE, EMBEDDED_HOME_TAKEN, EMBEDDED_HOME_FOREIGN, EMBEDDED_ACCOUNT_UNUSABLE
 */
export async function makeSite(home: string): Promise<Site> {
  const site = (await findSite(home)) ?? (await createSite(home));
  await privateFolder(site.leases, site.account);
  await privateFolder(site.lock, site.account);
  return site;
}

async function createSite(home: string): Promise<Site> {
  await mkdir(dirname(home), { recursive: true }).catch((error) => {
    throw unusableFolder(dirname(home), error);
  });
  // A home may be a link to a folder on a larger disk.
  const path = await mkdir(home, { mode: 0o700 })
    .catch(ignore("EEXIST"))
    .then(() => realpath(home))
    .catch((error) => {
      throw unusableFolder(home, error);
    });
  await privateFolder(path, undefined);
  const account = runsAsRoot() ? await accountFromRoot(path) : undefined;
  if (account !== undefined && !(await handedOver(path, account))) return createElsewhere(home, path);
  await writeOnce(join(home, marker), markerText);
  await writeOnce(join(home, ".gitignore"), gitIgnore);
  return siteIn(home, home, account);
}

async function accountFromRoot(path: string): Promise<Account> {
  const owner = await stat(path);
  return owner.uid === 0 ? defaultAccount() : accountOf(owner);
}

/** Whether the account can get to the folder, and now owns it; false too where the file system knows no owners. */
async function handedOver(path: string, account: Account): Promise<boolean> {
  if (!(await mayEnter(account, dirname(path)))) return false;
  await privateFolder(path, account).catch(() => {});
  return (await stat(path)).uid === account.uid;
}

/**
 * Root's own folders are closed to the server's user, and stay so: the data goes where that user can get, and the home
 * only says where.
 */
async function createElsewhere(home: string, path: string): Promise<Site> {
  const account = defaultAccount();
  const digest = createHash("sha256").update(path).digest("hex").slice(0, 12);
  const name = basename(path) === ".forecastlab" ? basename(dirname(path)) : basename(path);
  const folder = join(sharedFolder, `${name.replaceAll(/[^\w.-]/g, "_") || "root"}-${digest}`);
  try {
    await publicFolder(sharedFolder);
    await privateFolder(folder, account);
  } catch (error) {
    const why = error instanceof ForecastLabError ? error.received.reason : String(error);
    const reason =
      `the user ${account.name}, as whom it runs for root, cannot get there, ` +
      `and ${sharedFolder}, where its data would go instead, cannot be used (${why})`;
    throw fail("EMBEDDED_HOME_UNUSABLE", { folder: home, reason }, error);
  }
  if (!(await mayEnter(account, folder))) {
    throw fail("EMBEDDED_HOME_UNUSABLE", { folder, reason: `the user ${account.name} cannot enter it` });
  }
  await writeOnce(join(folder, marker), markerText);
  await symlink(folder, join(home, pointer)).catch(ignore("EEXIST"));
  await writeOnce(join(home, ".gitignore"), gitIgnore);
  return siteIn(home, folder, account);
}

type Owner = Pick<Stats, "uid" | "gid">;

function siteIn(home: string, folder: string, account: Account | undefined): Site {
  return {
    home,
    folder,
    account,
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
