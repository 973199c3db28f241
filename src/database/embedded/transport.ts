import { lstat, mkdtemp, readdir } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fail } from "../../errors.ts";
import { fitsSocketPath, type Transport } from "./configuration.ts";
import { readIfExists, remove, writePrivate } from "./files.ts";
import { ensurePrivateFolder, mayEnter } from "./folders.ts";
import type { ServerLocation } from "./location.ts";
import { readPassword } from "./password.ts";
import type { Postmaster } from "./postmaster.ts";

/** The database that commands work in, and its owner. */
export const databaseName = "forecastlab";
export const userName = "forecastlab";

/**
 * Prepares the transport of a server that is about to start: empties the folder of the socket, or finds a free port of the
 * loopback interface.
 *
 * @param port of the loopback interface; undefined for none, or for any if there is no socket
 * @throws EMBEDDED_HOME_UNUSABLE, EMBEDDED_PORT_TAKEN
 */
export async function chooseTransport(
  location: ServerLocation,
  kind: Transport["kind"],
  port: number | undefined,
): Promise<Transport> {
  if (port !== undefined) await requireFreePort(port);
  if (kind === "loopback") return { kind, port: port ?? (await freePort(0)) };
  const folder = await ensureSocketFolder(location);
  // The server does not run, so everything in the folder was left by a crash.
  for (const name of await readdir(folder)) await remove(join(folder, name));
  return { kind, folder, port };
}

/** The connection string of a running server. It contains the password if the server needs one. */
export async function urlOf(location: ServerLocation, postmaster: Postmaster): Promise<string> {
  const { port, socketFolder } = postmaster;
  if (socketFolder === "") return portUrlOf(location, port);
  // libpq and node-postgres read a percent-encoded folder in place of the host as the folder of a socket.
  return `postgresql://${userName}@${encodeURIComponent(socketFolder)}:${port}/${databaseName}`;
}

/** The connection string of a running server through its port, with the password. */
export async function portUrlOf(location: ServerLocation, port: number): Promise<string> {
  const password = (await readPassword(location)) ?? "";
  return `postgresql://${userName}:${password}@127.0.0.1:${port}/${databaseName}?sslmode=disable`;
}

/**
 * Ensures the folder of the socket: `socket` in the folder of the server, or, if that path is too long for a socket, a folder
 * in the system's temporary folder. Its path is stored, so that the connection string stays the same.
 *
 * @throws EMBEDDED_HOME_UNUSABLE if the temporary folders are too long as well
 */
async function ensureSocketFolder(location: ServerLocation): Promise<string> {
  const own = join(location.folder, "socket");
  if (fitsSocketPath(own)) {
    await ensurePrivateFolder(own, location.osUser);
    return own;
  }
  const pathFile = join(location.folder, "socket-folder");
  const stored = (await readIfExists(pathFile))?.trim();
  if (stored !== undefined && (await isPrivate(stored, location))) return stored;
  for (const place of [tmpdir(), "/tmp"]) {
    if (!fitsSocketPath(join(place, "forecastlab-XXXXXX"))) continue;
    if (location.osUser !== undefined && !(await mayEnter(location.osUser, place))) continue;
    const folder = await mkdtemp(join(place, "forecastlab-"));
    await ensurePrivateFolder(folder, location.osUser);
    await writePrivate(pathFile, `${folder}\n`, location.osUser);
    return folder;
  }
  throw fail("EMBEDDED_HOME_UNUSABLE", {
    folder: location.folder,
    reason: "its path is too long for a socket",
  });
}

/** Everybody may write to the temporary folder, so the folder must be no link, and only the right user may enter it. */
async function isPrivate(folder: string, location: ServerLocation): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined);
  const owner = location.osUser?.uid ?? process.geteuid?.();
  return found?.isDirectory() === true && found.uid === owner && (found.mode & 0o077) === 0;
}

/** @throws EMBEDDED_PORT_TAKEN */
async function requireFreePort(port: number): Promise<void> {
  await freePort(port).catch((error: NodeJS.ErrnoException) => {
    throw fail(
      "EMBEDDED_PORT_TAKEN",
      { port, reason: portProblems[error.code ?? ""] ?? error.message },
      error,
    );
  });
}

const portProblems: Record<string, string> = {
  EADDRINUSE: "another program uses it",
  EACCES: "the system does not permit it",
};

/** @param wanted 0 for any */
function freePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(wanted, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
