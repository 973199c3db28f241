import { join } from "node:path";
import { fail } from "../../errors.ts";
import { type Database, databaseOf } from "../address.ts";
import type { Settings } from "../settings.ts";
import { textOf } from "./files.ts";
import { findSite, type Site } from "./home.ts";
import { holdersOf } from "./leases.ts";
import { type Postmaster, runningPostmaster } from "./postmaster.ts";
import { urlOf } from "./transport.ts";

/** What of the settings the embedded server depends on. */
export type EmbeddedSettings = Pick<Settings, "home" | "postgresBin">;

/** The embedded server of a home, as `db status` shows it. Holds no secret. */
export interface EmbeddedStatus {
  /** `absent`: nothing was ever stored in this home. */
  readonly state: "running" | "stopped" | "absent";
  readonly home: string;
  /** The data folder; undefined while absent. */
  readonly data: string | undefined;
  readonly log: string | undefined;
  readonly version: string | undefined;
  readonly pid: number | undefined;
  /** The folder of its socket, or `127.0.0.1`. */
  readonly host: string | undefined;
  readonly port: number | undefined;
  /** Whether `db start` started it, so that it runs on when no command uses it. */
  readonly kept: boolean;
  /** Process ids of the commands that use it now. */
  readonly commands: number[];
}

/** What there is in the home, and whether it runs. Starts and changes nothing. */
export async function embeddedStatus(settings: EmbeddedSettings): Promise<EmbeddedStatus> {
  const site = await findSite(settings.home);
  const major = site && (await textOf(join(site.data, "PG_VERSION")))?.trim();
  const postmaster = site && (await runningPostmaster(site.data));
  const running = site !== undefined && postmaster !== undefined;
  return {
    state: running ? "running" : major === undefined ? "absent" : "stopped",
    home: settings.home,
    data: major === undefined ? undefined : site?.data,
    log: major === undefined ? undefined : site?.log,
    version: (site && (await textOf(versionFile(site)))?.trim()) ?? major,
    pid: postmaster?.pid,
    host: running ? postmaster.socketFolder || "127.0.0.1" : undefined,
    port: postmaster?.port,
    kept: running && (await isKept(site, postmaster)),
    commands: site === undefined ? [] : holdersOf(site.leases),
  };
}

/**
 * The connection string of the running server; on the loopback interface it holds the password.
 *
 * @throws EMBEDDED_NOT_RUNNING
 */
export async function embeddedUrl(settings: EmbeddedSettings): Promise<string> {
  const site = await findSite(settings.home);
  const postmaster = site && (await runningPostmaster(site.data));
  if (site === undefined || postmaster === undefined)
    throw fail("EMBEDDED_NOT_RUNNING", { home: settings.home });
  return urlOf(site, postmaster);
}

/** The warehouse's database on the running server. */
export async function databaseIn(site: Site, postmaster: Postmaster): Promise<Database> {
  const { config } = databaseOf(await urlOf(site, postmaster));
  // What PGSSLMODE says is meant for other servers.
  return { label: `the embedded server in ${site.home}`, config: { ...config, ssl: false } };
}

/** `db start` speaks of one run of the server: one that crashed, or was started anew since, is not kept. */
export async function isKept(site: Site, postmaster: Postmaster): Promise<boolean> {
  return (await textOf(keptFile(site))) === runOf(postmaster);
}

export const runOf = ({ pid, started }: Postmaster) => `${pid} ${started}\n`;

/** The version that ran last: the data themselves only know the major one. */
export const versionFile = (site: Site) => join(site.folder, "version");

export const keptFile = (site: Site) => join(site.folder, "kept");
