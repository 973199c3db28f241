import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fail } from "../../errors.ts";
import { respondsToSignals } from "../../system/processes.ts";
import type { Binaries } from "./binaries.ts";
import { authenticationText, configurationText, type Transport } from "./configuration.ts";
import { openLog, remove, syncFolder, textOf, writePrivate } from "./files.ts";
import type { Site } from "./home.ts";
import { type Postmaster, readPidFile, runningPostmaster, untilGone, untilReady } from "./postmaster.ts";
import { complaint, identity, runProgram, serverEnvironment, systemCode } from "./programs.ts";
import { chooseTransport, databaseName, userName, writePassword } from "./transport.ts";

/** What a server is started with. */
export interface ServerOptions {
  readonly transport: Transport["kind"];
  readonly parameters: Record<string, string>;
  /** Whether what initdb writes is forced to disk. Only tests can do without. */
  readonly sync: boolean;
}

/**
 * Makes the data folder with an empty warehouse database, if there is none. It is made beside its place and moved there
 * when complete, so that one killed half-way is only a leftover.
 *
 * @throws EMBEDDED_INIT_FAILED, EMBEDDED_VERSION_MISMATCH
 */
export async function initialise(site: Site, binaries: Binaries, options: ServerOptions): Promise<void> {
  await sweep(site);
  const version = (await textOf(join(site.data, "PG_VERSION")))?.trim();
  if (version === String(binaries.major)) return;
  if (version !== undefined) {
    throw fail("EMBEDDED_VERSION_MISMATCH", {
      folder: site.data,
      found: version,
      expected: binaries.version,
    });
  }
  const unfinished = join(site.folder, `initdb-${randomBytes(4).toString("hex")}`);
  await runInitdb(site, binaries, options, unfinished);
  await createDatabase(site, binaries, options, unfinished);
  await rename(unfinished, site.data);
  if (options.sync) await syncFolder(site.folder);
}

/** Removes what a killed initdb left. One that outlived its command still writes there: then the next start sweeps. */
async function sweep(site: Site): Promise<void> {
  for (const name of await readdir(site.folder)) {
    if (name.startsWith("initdb-")) await remove(join(site.folder, name)).catch(() => {});
  }
}

async function runInitdb(
  site: Site,
  binaries: Binaries,
  options: ServerOptions,
  folder: string,
): Promise<void> {
  const authentication =
    options.transport === "socket"
      ? ["--auth=trust"]
      : ["--auth=scram-sha-256", `--pwfile=${await writePassword(site)}`];
  const common = [
    `--pgdata=${folder}`,
    `--username=${userName}`,
    "--encoding=UTF8",
    "--data-checksums",
    ...authentication,
    ...(options.sync ? [] : ["--no-sync"]),
  ];
  // PostgreSQL's own C.UTF-8 since 17; before that the system's, which not every system has.
  const locales =
    binaries.major >= 17
      ? [["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]]
      : [["--locale=C.UTF-8"], ["--locale=C"]];
  let reason = "";
  for (const locale of locales) {
    const ending = await runProgram(binaries.initdb, [...common, ...locale], site);
    if (ending.status === 0) return;
    reason = complaint(ending.errors) || ending.reason;
    await remove(folder);
  }
  throw fail("EMBEDDED_INIT_FAILED", { folder: site.folder, reason });
}

/** The warehouse's database belongs to the data folder from its first moment: no server has to run for it. */
async function createDatabase(
  site: Site,
  binaries: Binaries,
  options: ServerOptions,
  folder: string,
): Promise<void> {
  const fsync = `fsync=${options.sync ? "on" : "off"}`;
  const args = ["--single", "-D", folder, "-c", "exit_on_error=on", "-c", fsync, "postgres"];
  const input = `CREATE DATABASE ${databaseName}\n`;
  const ending = await runProgram(binaries.postgres, args, { account: site.account, input });
  if (ending.status === 0) return;
  await remove(folder);
  throw fail("EMBEDDED_INIT_FAILED", {
    folder: site.folder,
    reason: complaint(ending.errors) || ending.reason,
  });
}

/**
 * Starts the server on its data folder and waits until it takes connections, recovery after a crash included. It lives
 * on without this process.
 *
 * @throws EMBEDDED_START_FAILED
 */
export async function start(site: Site, binaries: Binaries, options: ServerOptions): Promise<Postmaster> {
  await discardForeignPid(site);
  const attempts = 50;
  for (let attempt = 1; ; attempt += 1) {
    const transport = await chooseTransport(site, options.transport);
    const configuration = configurationText(transport, options.parameters);
    await writePrivate(join(site.data, "postgresql.conf"), configuration, site.account);
    await writePrivate(join(site.data, "pg_hba.conf"), authenticationText(transport), site.account);
    const outcome = await launch(site, binaries);
    if (typeof outcome !== "string") return outcome;
    // A killed server's backends take a moment to notice; a free port may be taken by somebody else meanwhile.
    const passing = /shared memory block .* is still in use|Address already in use/.test(outcome);
    if (!passing || attempt === attempts) {
      throw fail("EMBEDDED_START_FAILED", { folder: site.folder, reason: complaint(outcome), log: site.log });
    }
    await sleep(100);
  }
}

/** Starts the server once: the running one, or what it wrote into its log before it gave up. */
async function launch(site: Site, binaries: Binaries): Promise<Postmaster | string> {
  const log = await openLog(site.log, site.account);
  try {
    const before = (await log.stat()).size;
    let ending: string | undefined;
    const server = spawnServer(site, binaries, log.fd);
    server.once("error", (error) => {
      ending = systemCode(error);
    });
    server.once("exit", (code, signal) => {
      const handedOver = process.platform === "win32" && code === 0;
      if (!handedOver) ending = signal === null ? `exit status ${code}` : `killed by ${signal}`;
    });
    server.unref();
    const ready = await untilReady(site.data, () => ending !== undefined);
    if (ready !== undefined) return ready;
    const written = Buffer.from((await textOf(site.log)) ?? "").subarray(before);
    return written.toString("utf8").trim() || (ending ?? "it went away");
  } finally {
    await log.close();
  }
}

/** In a session of its own, so that no Ctrl-C for a command reaches it; writing to its log and to nothing of ours. */
function spawnServer(site: Site, binaries: Binaries, log: number): ChildProcess {
  const options = {
    ...identity(site.account),
    cwd: "/",
    env: serverEnvironment(process.env),
    detached: true,
    windowsHide: true,
  };
  return process.platform === "win32"
    ? // It gives up administrators' privileges, with which the server would refuse to run.
      spawn(binaries.pgCtl, ["start", "-W", "-D", site.data, "-l", site.log], { ...options, stdio: "ignore" })
    : spawn(binaries.postgres, ["-D", site.data], { ...options, stdio: ["ignore", log, log] });
}

/**
 * A pid left by a crash that now belongs to another process would keep the server from starting. It is replaced by one
 * no process can have; the rest of the file stays, because by it PostgreSQL finds backends that still run.
 */
async function discardForeignPid(site: Site): Promise<void> {
  const stale = await readPidFile(site.data);
  if (stale === undefined || !respondsToSignals(stale.pid)) return;
  if ((await runningPostmaster(site.data)) !== undefined) return;
  const file = join(site.data, "postmaster.pid");
  const text = await textOf(file);
  if (text !== undefined) await writePrivate(file, text.replace(/^\d+/, String(2 ** 31 - 2)), site.account);
}

/**
 * Asks the server to end now, rolling back what is open, and waits for it; false if that takes over a minute. The
 * signal is sent with the rights of the server's user, because the pid comes from a file that user can write.
 */
export async function stop(site: Site, binaries: Binaries, postmaster: Postmaster): Promise<boolean> {
  await runProgram(binaries.pgCtl, ["kill", "INT", String(postmaster.pid)], site);
  return untilGone(site.data, postmaster, 60_000);
}
