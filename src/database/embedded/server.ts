import { fail } from "../../errors.ts";
import { respondsToSignals } from "../../system/processes.ts";
import type { Database } from "../address.ts";
import { withClient } from "../connection.ts";
import { quoteIdentifier, quoteLiteral } from "../identifiers.ts";
import { type Binaries, findBinaries } from "./binaries.ts";
import { createCluster, type ServerOptions } from "./cluster.ts";
import { openLog, remove, writePrivate } from "./files.ts";
import { withFolderLock } from "./folder-lock.ts";
import { acquireLease, leaseHolders, removeStaleLeases } from "./leases.ts";
import { ensureLocation, findLocation, type ServerLocation, systemFolder } from "./location.ts";
import { ensurePassword, scramVerifier } from "./password.ts";
import { type Postmaster, runningPostmaster, waitUntilGone, waitUntilReady } from "./postmaster.ts";
import { serverParameters, thisMachine } from "./server-parameters.ts";
import { startServer, stopServer } from "./server-process.ts";
import {
  databaseIn,
  type EmbeddedSettings,
  type EmbeddedStatus,
  embeddedStatus,
  isKeptRunning,
  keepsRunningFile,
  runId,
  versionFile,
} from "./status.ts";
import { userName } from "./transport.ts";

/** Options that only tests change, except for the port. */
export type EmbeddedOptions = Partial<ServerOptions>;

/** An embedded server in use. */
export interface OpenServer {
  readonly database: Database;
  /**
   * Releases the lease; the last one stops the server. It never fails: leftovers are removed by the next command.
   */
  close(): Promise<void>;
}

/**
 * Runs the work on the embedded server of a home. The server is created and started if necessary, shared with other commands,
 * and stopped when the last of them ends, unless `db start` started it.
 *
 * @throws the EMBEDDED_* errors, and the errors of the work
 */
export async function withEmbeddedServer<T>(
  settings: EmbeddedSettings,
  work: (database: Database) => Promise<T>,
  options: EmbeddedOptions = {},
): Promise<T> {
  const server = await openEmbedded(settings, options);
  try {
    return await work(server.database);
  } finally {
    await server.close();
  }
}

/** Opens the server as {@link withEmbeddedServer} does. The caller must close it. */
export async function openEmbedded(
  settings: EmbeddedSettings,
  options: EmbeddedOptions = {},
): Promise<OpenServer> {
  const location = await ensureLocation(settings.home);
  // Acquired before the lock, so that a command that is just ending does not stop the server.
  const lease = acquireLease(location.leases);
  try {
    const postmaster = await withFolderLock(location.lock, () => ensureRunning(location, settings, options));
    const database = await databaseIn(location, postmaster);
    return { database, close: () => leave(location, settings, lease) };
  } catch (error) {
    lease.release();
    throw error;
  }
}

/**
 * Starts the server if it does not run, and keeps it running until {@link stopEmbedded}.
 *
 * @param options.port the port of 127.0.0.1 on which programs can connect to it with its password. Default: none
 * @throws the EMBEDDED_* errors; EMBEDDED_NOT_LISTENING if it already runs without that port
 */
export async function startEmbedded(
  settings: EmbeddedSettings,
  options: EmbeddedOptions = {},
): Promise<EmbeddedStatus> {
  const location = await ensureLocation(settings.home);
  await withFolderLock(location.lock, async () => {
    const postmaster = await ensureRunning(location, settings, options);
    if (options.port !== undefined) requirePort(settings, postmaster, options.port);
    if (options.port !== undefined && postmaster.socketFolder !== "")
      await requirePassword(location, postmaster);
    await writePrivate(keepsRunningFile(location), runId(postmaster), location.osUser);
  });
  return embeddedStatus(settings);
}

/** @throws EMBEDDED_NOT_LISTENING */
function requirePort({ home }: EmbeddedSettings, { listens, port }: Postmaster, wanted: number): void {
  if (listens && port === wanted) return;
  throw fail("EMBEDDED_NOT_LISTENING", { home, how: listens ? `with the port ${port}` : "without a port" });
}

/** Gives the role the password of the home. The socket needs none, so the role may have none yet; then no login succeeds. */
async function requirePassword(location: ServerLocation, postmaster: Postmaster): Promise<void> {
  const { password } = await ensurePassword(location);
  const set = `ALTER ROLE ${quoteIdentifier(userName)} PASSWORD ${quoteLiteral(scramVerifier(password))}`;
  await withClient(await databaseIn(location, postmaster), (client) => client.query(set));
}

/** What {@link stopEmbedded} did. */
export interface StopOutcome {
  /** `later`: the server stops when the last command that uses it ends. */
  readonly outcome: "stopped" | "not running" | "later";
  /** The process ids of the commands that use it. */
  readonly commands: number[];
}

/**
 * Stops the server, or, if commands use it, lets the last of them stop it.
 *
 * @param options.force stops it even if commands use it; their transactions are rolled back. Default: false
 * @throws EMBEDDED_STOP_FAILED if it still runs after a minute
 */
export async function stopEmbedded(
  settings: EmbeddedSettings,
  options: { force?: boolean } = {},
): Promise<StopOutcome> {
  const location = await findLocation(settings.home);
  if (location === undefined) return { outcome: "not running", commands: [] };
  await ensureLocation(settings.home);
  return withFolderLock<StopOutcome>(location.lock, async () => {
    await remove(keepsRunningFile(location));
    const postmaster = await runningPostmaster(location.data);
    if (postmaster === undefined) return { outcome: "not running", commands: [] };
    const commands = leaseHolders(location.leases);
    if (commands.length > 0 && !options.force) return { outcome: "later", commands };
    if (await stopServer(location, await binariesFor(location, settings), postmaster))
      return { outcome: "stopped", commands };
    throw stillRunning(location, postmaster);
  });
}

function stillRunning(location: ServerLocation, { pid }: Postmaster): Error {
  return fail("EMBEDDED_STOP_FAILED", { pid, log: location.log });
}

/** Finds or starts the server. The caller must hold the folder lock. */
async function ensureRunning(
  location: ServerLocation,
  settings: EmbeddedSettings,
  options: EmbeddedOptions,
): Promise<Postmaster> {
  const running = await runningPostmaster(location.data);
  if (running?.state === "stopping") {
    if (!(await waitUntilGone(location.data, running, 60_000))) throw stillRunning(location, running);
  } else if (running !== undefined) {
    await (await openLog(location.log, location.osUser)).close();
    const ready = await waitUntilReady(location.data, () => !respondsToSignals(running.pid));
    if (ready !== undefined) return ready;
  }
  const binaries = await binariesFor(location, settings);
  const complete: ServerOptions = {
    transport: options.transport ?? (process.platform === "win32" ? "loopback" : "socket"),
    port: options.port,
    parameters: { ...serverParameters(thisMachine()), ...options.parameters },
    sync: options.sync ?? true,
  };
  await createCluster(location, binaries, complete);
  const postmaster = await startServer(location, binaries, complete);
  await writePrivate(versionFile(location), `${binaries.version}\n`, location.osUser);
  return postmaster;
}

/** Ends the use of the server, and stops it if this was the last one. */
async function leave(
  location: ServerLocation,
  settings: EmbeddedSettings,
  lease: { release(): void },
): Promise<void> {
  try {
    await withFolderLock(location.lock, async () => {
      lease.release();
      removeStaleLeases(location.leases);
      const postmaster = await runningPostmaster(location.data);
      if (postmaster === undefined || leaseHolders(location.leases).length > 0) return;
      if (await isKeptRunning(location, postmaster)) return;
      await stopServer(location, await binariesFor(location, settings), postmaster);
    });
  } catch {
    lease.release();
  }
}

function binariesFor(location: ServerLocation, settings: EmbeddedSettings): Promise<Binaries> {
  const copies = location.osUser === undefined ? location.folder : systemFolder;
  return findBinaries(settings.postgresBin, location.osUser, copies);
}
