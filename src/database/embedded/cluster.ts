import { randomBytes } from "node:crypto";
import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../../errors.ts";
import { syncFolder } from "../../system/atomic-write.ts";
import type { Binaries } from "./binaries.ts";
import type { Transport } from "./configuration.ts";
import { readIfExists, remove } from "./files.ts";
import type { ServerLocation } from "./location.ts";
import { ensurePassword } from "./password.ts";
import { firstError, runProgram } from "./programs.ts";
import { databaseName, userName } from "./transport.ts";

/** Options of a server. */
export interface ServerOptions {
  readonly transport: Transport["kind"];
  /** The port of 127.0.0.1 to listen on. Default: none if there is a socket, otherwise any that is free. */
  readonly port?: number | undefined;
  readonly parameters: Record<string, string>;
  /** Whether the output of initdb is forced to disk. Only tests switch this off. */
  readonly sync: boolean;
}

/**
 * Creates the database cluster with an empty warehouse database, if there is none. It is created next to its final place and
 * then renamed, so that a creation that is killed half-way leaves only a leftover.
 *
 * @throws EMBEDDED_INIT_FAILED, EMBEDDED_VERSION_MISMATCH
 */
export async function createCluster(
  location: ServerLocation,
  binaries: Binaries,
  options: ServerOptions,
): Promise<void> {
  await removeLeftovers(location);
  const version = (await readIfExists(join(location.data, "PG_VERSION")))?.trim();
  if (version === String(binaries.major)) return;
  if (version !== undefined) {
    throw fail("EMBEDDED_VERSION_MISMATCH", {
      folder: location.data,
      found: version,
      expected: binaries.version,
    });
  }
  const unfinished = join(location.folder, `initdb-${randomBytes(4).toString("hex")}`);
  await runInitdb(location, binaries, options, unfinished);
  await createDatabase(location, binaries, options, unfinished);
  await rename(unfinished, location.data);
  if (options.sync) await syncFolder(location.folder);
}

/** Removes what killed commands left. If their initdb still runs and writes there, the next start removes it. */
async function removeLeftovers(location: ServerLocation): Promise<void> {
  for (const name of await readdir(location.folder)) {
    if (name.startsWith("initdb-")) await remove(join(location.folder, name)).catch(() => {});
  }
}

async function runInitdb(
  location: ServerLocation,
  binaries: Binaries,
  options: ServerOptions,
  folder: string,
): Promise<void> {
  const authentication =
    options.transport === "socket"
      ? ["--auth=trust"]
      : ["--auth=scram-sha-256", `--pwfile=${(await ensurePassword(location)).path}`];
  const common = [
    `--pgdata=${folder}`,
    `--username=${userName}`,
    "--encoding=UTF8",
    "--data-checksums",
    ...authentication,
    ...(options.sync ? [] : ["--no-sync"]),
  ];
  // PostgreSQL 17 and later have a builtin C.UTF-8; older ones need that of the system, which not every system has.
  const locales =
    binaries.major >= 17
      ? [["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]]
      : [["--locale=C.UTF-8"], ["--locale=C"]];
  let reason = "";
  for (const locale of locales) {
    const {
      status,
      errors,
      reason: lastError,
    } = await runProgram(binaries.initdb, [...common, ...locale], location);
    if (status === 0) return;
    reason = firstError(errors) || lastError;
    await remove(folder);
  }
  throw fail("EMBEDDED_INIT_FAILED", { folder: location.folder, reason });
}

/** Creates the warehouse database in single-user mode, so that it is part of the cluster before a server runs. */
async function createDatabase(
  location: ServerLocation,
  binaries: Binaries,
  options: ServerOptions,
  folder: string,
): Promise<void> {
  const fsync = `fsync=${options.sync ? "on" : "off"}`;
  const args = ["--single", "-D", folder, "-c", "exit_on_error=on", "-c", fsync, "postgres"];
  const input = `CREATE DATABASE ${databaseName}\n`;
  const { status, errors, reason } = await runProgram(binaries.postgres, args, {
    osUser: location.osUser,
    input,
  });
  if (status === 0) return;
  await remove(folder);
  throw fail("EMBEDDED_INIT_FAILED", { folder: location.folder, reason: firstError(errors) || reason });
}
