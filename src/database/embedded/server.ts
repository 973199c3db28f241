import { fail } from "../../errors.ts";
import { respondsToSignals } from "../../system/processes.ts";
import type { Database } from "../address.ts";
import { type Binaries, findBinaries } from "./binaries.ts";
import { initialise, type ServerOptions, start, stop } from "./cluster.ts";
import { openLog, remove, writePrivate } from "./files.ts";
import { findSite, makeSite, type Site, sharedFolder } from "./home.ts";
import { holdersOf, sweepLeases, takeLease } from "./leases.ts";
import { withFolderLock } from "./lock.ts";
import { serverParameters, thisMachine } from "./memory.ts";
import { type Postmaster, runningPostmaster, untilGone, untilReady } from "./postmaster.ts";
import {
  databaseIn,
  type EmbeddedSettings,
  type EmbeddedStatus,
  embeddedStatus,
  isKept,
  keptFile,
  runOf,
  versionFile,
} from "./status.ts";

/** Not settings of the user: what tests change. */
export type EmbeddedOptions = Partial<ServerOptions>;

/** An embedded server in use. */
export interface OpenServer {
  readonly database: Database;
  /** Gives the lease back; the last one out stops the server. Never fails: what it leaves, the next command tidies. */
  close(): Promise<void>;
}

/**
 * Runs the work against the embedded server of the settings' home. It is made and started as needed, shared with other
 * commands, and stopped when the last of them ends, unless `db start` started it.
 *
 * @throws every EMBEDDED_ error of the catalogue, and whatever the work throws
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

/** As {@link withEmbeddedServer}, for a caller that closes it later. */
export async function openEmbedded(
  settings: EmbeddedSettings,
  options: EmbeddedOptions = {},
): Promise<OpenServer> {
  const site = await makeSite(settings.home);
  // Taken before the lock is had: whoever is just leaving then leaves the server running.
  const lease = takeLease(site.leases);
  try {
    const postmaster = await withFolderLock(site.lock, () => ensureRunning(site, settings, options));
    const database = await databaseIn(site, postmaster);
    return { database, close: () => leave(site, settings, lease) };
  } catch (error) {
    lease.release();
    throw error;
  }
}

/** Starts the server, if it does not run yet, to run on until {@link stopEmbedded}. */
export async function startEmbedded(
  settings: EmbeddedSettings,
  options: EmbeddedOptions = {},
): Promise<EmbeddedStatus> {
  const site = await makeSite(settings.home);
  await withFolderLock(site.lock, async () => {
    const postmaster = await ensureRunning(site, settings, options);
    await writePrivate(keptFile(site), runOf(postmaster), site.account);
  });
  return embeddedStatus(settings);
}

/** What {@link stopEmbedded} did; `later`: the server stops when the last of the commands that use it ends. */
export interface StopOutcome {
  readonly outcome: "stopped" | "not running" | "later";
  /** Process ids of the commands that use it still. */
  readonly commands: number[];
}

/**
 * Stops the server. Where commands still use it the last of them will, unless `force` takes it away from under them.
 *
 * @throws EMBEDDED_STOP_FAILED
 */
export async function stopEmbedded(
  settings: EmbeddedSettings,
  options: { force?: boolean } = {},
): Promise<StopOutcome> {
  const site = await findSite(settings.home);
  if (site === undefined) return { outcome: "not running", commands: [] };
  await makeSite(settings.home);
  return withFolderLock<StopOutcome>(site.lock, async () => {
    await remove(keptFile(site));
    const postmaster = await runningPostmaster(site.data);
    if (postmaster === undefined) return { outcome: "not running", commands: [] };
    const commands = holdersOf(site.leases);
    if (commands.length > 0 && !options.force) return { outcome: "later", commands };
    if (await stop(site, await binariesFor(site, settings), postmaster))
      return { outcome: "stopped", commands };
    throw stillRunning(site, postmaster);
  });
}

function stillRunning(site: Site, { pid }: Postmaster): Error {
  return fail("EMBEDDED_STOP_FAILED", { pid, log: site.log });
}

/** Only under the lock. */
async function ensureRunning(
  site: Site,
  settings: EmbeddedSettings,
  options: EmbeddedOptions,
): Promise<Postmaster> {
  const running = await runningPostmaster(site.data);
  if (running?.state === "stopping") {
    if (!(await untilGone(site.data, running, 60_000))) throw stillRunning(site, running);
  } else if (running !== undefined) {
    await (await openLog(site.log, site.account)).close();
    const ready = await untilReady(site.data, () => !respondsToSignals(running.pid));
    if (ready !== undefined) return ready;
  }
  const binaries = await binariesFor(site, settings);
  const complete: ServerOptions = {
    transport: options.transport ?? (process.platform === "win32" ? "loopback" : "socket"),
    parameters: { ...serverParameters(thisMachine()), ...options.parameters },
    sync: options.sync ?? true,
  };
  await initialise(site, binaries, complete);
  const postmaster = await start(site, binaries, complete);
  await writePrivate(versionFile(site), `${binaries.version}\n`, site.account);
  return postmaster;
}

async function leave(site: Site, settings: EmbeddedSettings, lease: { release(): void }): Promise<void> {
  try {
    await withFolderLock(site.lock, async () => {
      lease.release();
      sweepLeases(site.leases);
      const postmaster = await runningPostmaster(site.data);
      if (postmaster === undefined || holdersOf(site.leases).length > 0) return;
      if (await isKept(site, postmaster)) return;
      await stop(site, await binariesFor(site, settings), postmaster);
    });
  } catch {
    lease.release();
  }
}

function binariesFor(site: Site, settings: EmbeddedSettings): Promise<Binaries> {
  const copies = site.account === undefined ? site.folder : sharedFolder;
  return findBinaries(settings.postgresBin, site.account, copies);
}
