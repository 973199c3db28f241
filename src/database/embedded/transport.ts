import { randomBytes } from "node:crypto";
import { lstat, mkdtemp, readdir } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fail } from "../../errors.ts";
import { fitsSocketPath, type Transport } from "./configuration.ts";
import { remove, textOf, writePrivate } from "./files.ts";
import { privateFolder } from "./folders.ts";
import type { Site } from "./home.ts";
import { mayEnter } from "./os-user.ts";
import type { Postmaster } from "./postmaster.ts";

/** The database every command works in, and its owner. */
export const databaseName = "forecastlab";
export const userName = "forecastlab";

/**
 * How the server about to start is reached: a socket where the system has them, else a free port of the loopback
 * interface.
 *
 * @throws EMBEDDED_HOME_UNUSABLE
 */
export async function chooseTransport(site: Site, kind: Transport["kind"]): Promise<Transport> {
  if (kind === "loopback") return { kind, port: await freePort() };
  const folder = await socketFolder(site);
  // The server is known not to run: what a crash left would only be in its way.
  for (const name of await readdir(folder)) await remove(join(folder, name));
  return { kind, folder };
}

/** The connection string of a running server. Holds the password where it needs one. */
export async function urlOf(site: Site, postmaster: Postmaster): Promise<string> {
  const { port, socketFolder } = postmaster;
  if (socketFolder !== "") {
    // The folder in place of the host, percent-encoded: libpq and node-postgres alike take it as a socket.
    return `postgresql://${userName}@${encodeURIComponent(socketFolder)}:${port}/${databaseName}`;
  }
  const password = (await textOf(passwordFile(site)))?.trim() ?? "";
  return `postgresql://${userName}:${password}@127.0.0.1:${port}/${databaseName}`;
}

/** A new password in its file; for the loopback interface. */
export async function writePassword(site: Site): Promise<string> {
  await writePrivate(passwordFile(site), `${randomBytes(24).toString("base64url")}\n`, site.account);
  return passwordFile(site);
}

const passwordFile = (site: Site) => join(site.folder, "password");

/**
 * The folder of the socket: `socket` in the site's folder, or, where that path is too long for a socket, a short one in
 * the system's temporary folder, remembered so that the connection string stays the same.
 */
async function socketFolder(site: Site): Promise<string> {
  const own = join(site.folder, "socket");
  if (fitsSocketPath(own)) {
    await privateFolder(own, site.account);
    return own;
  }
  const note = join(site.folder, "socket-folder");
  const remembered = (await textOf(note))?.trim();
  if (remembered !== undefined && (await isPrivate(remembered, site))) return remembered;
  for (const place of [tmpdir(), "/tmp"]) {
    if (!fitsSocketPath(join(place, "forecastlab-XXXXXX"))) continue;
    if (site.account !== undefined && !(await mayEnter(site.account, place))) continue;
    const folder = await mkdtemp(join(place, "forecastlab-"));
    await privateFolder(folder, site.account);
    await writePrivate(note, `${folder}\n`, site.account);
    return folder;
  }
  throw fail("EMBEDDED_HOME_UNUSABLE", { folder: site.folder, reason: "its path is too long for a socket" });
}

/** Everybody may write to the temporary folder: only a real folder of our own that nobody else can enter will do. */
async function isPrivate(folder: string, site: Site): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined);
  const owner = site.account?.uid ?? process.geteuid?.();
  return found?.isDirectory() === true && found.uid === owner && (found.mode & 0o077) === 0;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
