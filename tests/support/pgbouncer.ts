import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Database, databaseOf, withClient } from "../../src/database/connection.ts";
import { removeFolder, temporaryDataFolder } from "./temporary.ts";
import { urlOf } from "./warehouse.ts";

const program = "/usr/sbin/pgbouncer";

/** Whether pgbouncer is installed. Its absence is reported, once per file. */
export function hasPgbouncer(): boolean {
  const installed = existsSync(program);
  if (!installed)
    console.warn(`!! ${program} is not installed: poolers are not tested (apt install pgbouncer)`);
  return installed;
}

export type PoolMode = "session" | "transaction" | "statement";

/**
 * Runs the work with the database as it is reached through a pgbouncer of its own. The database is on a socket, and pgbouncer
 * runs as the user of its folder.
 *
 * @param settings other lines of `pgbouncer.ini`
 */
export async function withPgbouncer<T>(
  database: Database,
  mode: PoolMode,
  work: (pooled: Database) => Promise<T>,
  settings: Record<string, string | number> = {},
): Promise<T> {
  const url = new URL(urlOf(database));
  const socket = decodeURIComponent(url.hostname) || (url.searchParams.get("host") ?? "");
  const folder = temporaryDataFolder("forecastlab-pgbouncer-");
  const port = await freePort();
  const lines = {
    listen_addr: "127.0.0.1",
    listen_port: port,
    unix_socket_dir: "",
    auth_type: "trust",
    auth_file: join(folder, "users.txt"),
    logfile: join(folder, "pgbouncer.log"),
    pool_mode: mode,
    ...settings,
  };
  const ini = Object.entries(lines).map(([name, value]) => `${name} = ${value}`);
  writeFileSync(join(folder, "users.txt"), `"${url.username}" ""\n`);
  writeFileSync(
    join(folder, "pgbouncer.ini"),
    `[databases]\n* = host=${socket} port=${url.port || 5432}\n[pgbouncer]\n${ini.join("\n")}\n`,
  );
  const owner = statSync(socket);
  chmodSync(folder, 0o700);
  chownSync(folder, owner.uid, owner.gid);
  const identity = process.geteuid?.() === 0 ? { uid: owner.uid, gid: owner.gid } : {};
  const pooler = spawn(program, [join(folder, "pgbouncer.ini")], { stdio: "ignore", ...identity });
  try {
    const pooled = databaseOf(`postgresql://${url.username}@127.0.0.1:${port}${url.pathname}`);
    await untilReady(pooler, port, join(folder, "pgbouncer.log"));
    return await work(pooled);
  } finally {
    pooler.kill("SIGINT");
    await sleep(50);
    pooler.kill("SIGKILL");
    removeFolder(folder);
  }
}

async function untilReady(pooler: ChildProcess, port: number, log: string): Promise<void> {
  const admin = databaseOf(`postgresql://nobody@127.0.0.1:${port}/none`);
  for (let attempt = 0; attempt < 200; attempt++) {
    if (pooler.exitCode !== null) break;
    const code = await withClient(admin, async () => {}).catch((error) => error.code);
    if (code !== "DATABASE_UNREACHABLE") return;
    await sleep(25);
  }
  throw new Error(`pgbouncer did not start: ${existsSync(log) ? readFileSync(log, "utf8") : "no log"}`);
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
