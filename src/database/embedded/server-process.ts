import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fail } from "../../errors.ts";
import { respondsToSignals } from "../../system/processes.ts";
import type { Binaries } from "./binaries.ts";
import type { ServerOptions } from "./cluster.ts";
import { authenticationText, configurationText } from "./configuration.ts";
import { openLog, readIfExists, writePrivate } from "./files.ts";
import type { ServerLocation } from "./location.ts";
import {
  type Postmaster,
  readPidFile,
  runningPostmaster,
  waitUntilGone,
  waitUntilReady,
} from "./postmaster.ts";
import { firstError, runProgram, serverEnvironment, systemErrorCode, uidAndGid } from "./programs.ts";
import { chooseTransport } from "./transport.ts";

/**
 * Starts the server on its cluster and waits until it accepts connections, including recovery after a crash. It continues to
 * run when this process ends.
 *
 * @throws EMBEDDED_START_FAILED, EMBEDDED_PORT_TAKEN
 */
export async function startServer(
  location: ServerLocation,
  binaries: Binaries,
  options: ServerOptions,
): Promise<Postmaster> {
  await discardForeignPid(location);
  const attempts = 50;
  for (let attempt = 1; ; attempt += 1) {
    const transport = await chooseTransport(location, options.transport, options.port);
    const configuration = configurationText(transport, options.parameters);
    await writePrivate(join(location.data, "postgresql.conf"), configuration, location.osUser);
    await writePrivate(join(location.data, "pg_hba.conf"), authenticationText(transport), location.osUser);
    const outcome = await launch(location, binaries);
    if (typeof outcome !== "string") return outcome;
    // The backends of a killed server end a moment after it, and a free port may be taken before the server binds it.
    const temporary = /shared memory block .* is still in use|Address already in use/.test(outcome);
    if (!temporary || attempt === attempts) {
      throw fail("EMBEDDED_START_FAILED", {
        folder: location.folder,
        reason: firstError(outcome),
        log: location.log,
      });
    }
    await sleep(100);
  }
}

/** Starts the server once. Returns it when it is ready, or the text that it added to its log before it ended. */
async function launch(location: ServerLocation, binaries: Binaries): Promise<Postmaster | string> {
  const log = await openLog(location.log, location.osUser);
  try {
    const before = (await log.stat()).size;
    let ending: string | undefined;
    const server = spawnServer(location, binaries, log.fd);
    server.once("error", (error) => {
      ending = systemErrorCode(error);
    });
    server.once("exit", (code, signal) => {
      const handedOver = process.platform === "win32" && code === 0;
      if (!handedOver) ending = signal === null ? `exit status ${code}` : `killed by ${signal}`;
    });
    server.unref();
    const ready = await waitUntilReady(location.data, () => ending !== undefined);
    if (ready !== undefined) return ready;
    const added = Buffer.from((await readIfExists(location.log)) ?? "").subarray(before);
    return added.toString("utf8").trim() || (ending ?? "it ended without a message");
  } finally {
    await log.close();
  }
}

/** The server gets a session of its own, so that a Ctrl-C for the command does not reach it, and writes only to its log. */
function spawnServer(location: ServerLocation, binaries: Binaries, log: number): ChildProcess {
  const options = {
    ...uidAndGid(location.osUser),
    cwd: "/",
    env: serverEnvironment(process.env),
    detached: true,
    windowsHide: true,
  };
  return process.platform === "win32"
    ? // pg_ctl gives up the privileges of an administrator, with which the server refuses to run.
      spawn(binaries.pgCtl, ["start", "-W", "-D", location.data, "-l", location.log], {
        ...options,
        stdio: "ignore",
      })
    : spawn(binaries.postgres, ["-D", location.data], { ...options, stdio: ["ignore", log, log] });
}

/**
 * If a crash left a pid that another process has now, the server would refuse to start. It is replaced by a pid that no process
 * can have. The rest of the file stays, because PostgreSQL uses it to find backends that still run.
 */
async function discardForeignPid(location: ServerLocation): Promise<void> {
  const stale = await readPidFile(location.data);
  if (stale === undefined || !respondsToSignals(stale.pid)) return;
  if ((await runningPostmaster(location.data)) !== undefined) return;
  const file = join(location.data, "postmaster.pid");
  const text = await readIfExists(file);
  if (text !== undefined)
    await writePrivate(file, text.replace(/^\d+/, String(2 ** 31 - 2)), location.osUser);
}

/**
 * Stops the server, which rolls back open transactions, and waits until it has ended. The signal is sent with the rights of the
 * server's user, because the pid comes from a file that this user can write.
 *
 * @returns false if the server still runs after a minute
 */
export async function stopServer(
  location: ServerLocation,
  binaries: Binaries,
  postmaster: Postmaster,
): Promise<boolean> {
  await runProgram(binaries.pgCtl, ["kill", "INT", String(postmaster.pid)], location);
  return waitUntilGone(location.data, postmaster, 60_000);
}
