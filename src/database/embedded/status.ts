import { join } from "node:path";
import { fail } from "../../errors.ts";
import { type Database, databaseOf } from "../address.ts";
import type { Settings } from "../settings.ts";
import { readIfExists } from "./files.ts";
import { leaseHolders } from "./leases.ts";
import { findLocation, type ServerLocation } from "./location.ts";
import { type Postmaster, runningPostmaster } from "./postmaster.ts";
import { portUrlOf, urlOf } from "./transport.ts";

/** The settings that the embedded server depends on. */
export type EmbeddedSettings = Pick<Settings, "home" | "postgresBin">;

/** The embedded server of a home, as `db status` shows it. It contains no secret. */
export interface EmbeddedStatus {
  /** `absent`: the home contains no data. */
  readonly state: "running" | "stopped" | "absent";
  readonly home: string;
  /** The data folder; undefined if the state is `absent`. */
  readonly data: string | undefined;
  /** The log file; undefined if the state is `absent`. */
  readonly log: string | undefined;
  /** The version of PostgreSQL that ran last, such as `18.4`; only the major version if it is not known. */
  readonly version: string | undefined;
  readonly pid: number | undefined;
  /** The folder of its socket, or `127.0.0.1`; undefined if it does not run. */
  readonly host: string | undefined;
  readonly port: number | undefined;
  /** Whether programs can connect to that port of 127.0.0.1, with the password; otherwise it only names the socket. */
  readonly listens: boolean;
  /** Whether it keeps running when no command uses it, because `db start` started it. */
  readonly keeps_running: boolean;
  /** The process ids of the commands that use it. */
  readonly commands: number[];
}

/** Reads the status of the embedded server. Starts and changes nothing. */
export async function embeddedStatus(settings: EmbeddedSettings): Promise<EmbeddedStatus> {
  const location = await findLocation(settings.home);
  const major = location && (await readIfExists(join(location.data, "PG_VERSION")))?.trim();
  const postmaster = location && (await runningPostmaster(location.data));
  const running = location !== undefined && postmaster !== undefined;
  return {
    state: running ? "running" : major === undefined ? "absent" : "stopped",
    home: settings.home,
    data: major === undefined ? undefined : location?.data,
    log: major === undefined ? undefined : location?.log,
    version: (location && (await readIfExists(versionFile(location)))?.trim()) ?? major,
    pid: postmaster?.pid,
    host: running ? postmaster.socketFolder || "127.0.0.1" : undefined,
    port: postmaster?.port,
    listens: running && postmaster.listens,
    keeps_running: running && (await isKeptRunning(location, postmaster)),
    commands: location === undefined ? [] : leaseHolders(location.leases),
  };
}

/**
 * The connection string of the running server. On the loopback interface it contains the password.
 *
 * @param options.port through the port of 127.0.0.1 that it listens on, even if it has a socket. Default: false
 * @throws EMBEDDED_NOT_RUNNING, EMBEDDED_NOT_LISTENING
 */
export async function embeddedUrl(
  settings: EmbeddedSettings,
  options: { port?: boolean } = {},
): Promise<string> {
  const location = await findLocation(settings.home);
  const postmaster = location && (await runningPostmaster(location.data));
  if (location === undefined || postmaster === undefined)
    throw fail("EMBEDDED_NOT_RUNNING", { home: settings.home });
  if (!options.port) return urlOf(location, postmaster);
  if (!postmaster.listens)
    throw fail("EMBEDDED_NOT_LISTENING", { home: settings.home, how: "without a port" });
  return portUrlOf(location, postmaster.port);
}

/** The database of the warehouse on the running server. */
export async function databaseIn(location: ServerLocation, postmaster: Postmaster): Promise<Database> {
  // The PG… variables of the environment are meant for other servers.
  const database = databaseOf(await urlOf(location, postmaster), {});
  const [route] = database.routes;
  // A comma in the name of the folder would separate hosts.
  const host = postmaster.socketFolder || route.config.host;
  const routes = [{ ...route, config: { ...route.config, host } }] as const;
  return { ...database, label: `the embedded server in ${location.home}`, routes };
}

/** Whether `db start` started this run of the server. After a crash or restart that no longer counts. */
export async function isKeptRunning(location: ServerLocation, postmaster: Postmaster): Promise<boolean> {
  return (await readIfExists(keepsRunningFile(location))) === runId(postmaster);
}

/** Identifies one run of the server. */
export const runId = ({ pid, started }: Postmaster) => `${pid} ${started}\n`;

/** The version that ran last. The data folder contains only the major version. */
export const versionFile = (location: ServerLocation) => join(location.folder, "version");

/** Contains the id of the run that `db start` started. */
export const keepsRunningFile = (location: ServerLocation) => join(location.folder, "kept");
