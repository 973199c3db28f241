import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { withClient } from "../../../src/database/connection.ts";
import { packageOf } from "../../../src/database/embedded/binaries.ts";
import {
  type EmbeddedSettings,
  type EmbeddedStatus,
  embeddedStatus,
  openEmbedded,
  stopEmbedded,
  withEmbeddedServer,
} from "../../../src/database/embedded/index.ts";
import { isZombie, respondsToSignals } from "../../../src/system/processes.ts";
import { type Run, spawnForecastlab } from "../../cli/support/command-line.ts";
import { removeFolder, temporaryDataFolder } from "../../support/temporary.ts";

export const asRoot = process.geteuid?.() === 0;

/** Options of servers whose data need not survive a power cut. */
export const noSync = { sync: false };

/** The folder with PostgreSQL in its npm package, as npm installed it. */
export const native = join(
  dirname(createRequire(import.meta.url).resolve(packageOf(process.platform, process.arch))),
  "..",
  "native",
);

export function settingsOf(home: string, postgresBin?: string): EmbeddedSettings {
  return { home, postgresBin };
}

/** Makes a folder for the homes of a test file. When the file ends, their servers are stopped and the folder is removed. */
export function temporaryFolder(): string {
  const folder = temporaryDataFolder("forecastlab-embedded-");
  fakePsqlFolder = join(folder, "bin");
  mkdirSync(fakePsqlFolder);
  writeFileSync(join(fakePsqlFolder, "psql"), fakePsqlText, { mode: 0o755 });
  afterAll(async () => {
    for (const home of homes) await stopEmbedded(settingsOf(home), { force: true }).catch(() => {});
    removeFolder(folder);
  });
  return folder;
}

const homes = new Set<string>();

/** The path of a new home, which does not exist yet. */
export function newHome(folder: string, name = "home"): string {
  const own = mkdtempSync(join(folder, "x-"));
  chmodSync(own, 0o711);
  const home = join(own, name);
  homes.add(home);
  return home;
}

/** Makes a home with data. It is created once per test file and then copied, because creating one takes a second. */
export async function filledHome(folder: string, name?: string): Promise<string> {
  const original = join(folder, "original");
  originals[folder] ??= openEmbedded(settingsOf(original), { sync: false }).then((server) => server.close());
  await originals[folder];
  const home = newHome(folder, name);
  mkdirSync(dirname(home), { recursive: true });
  execFileSync("cp", ["-a", original, home]);
  return home;
}

const originals: Record<string, Promise<void>> = {};

/** Runs a command on a home, with a fake psql on its PATH. */
export function run(home: string, args: string[], env: Record<string, string> = {}): Promise<Run> {
  return spawnForecastlab(args, { env: { ...environmentFor(home), ...env } });
}

export async function statusOf(home: string): Promise<EmbeddedStatus> {
  return embeddedStatus(settingsOf(home));
}

/** A running command. It uses the server, like psql at its prompt, until it is ended. */
export interface RunningCommand {
  readonly pid: number;
  /** Lets it end normally. Returns its exit code. */
  end(): Promise<number | string>;
  /** Sends a signal to the command, or, as a terminal does, to its whole process group. Returns its exit code or signal. */
  signal(name: NodeJS.Signals, everything?: boolean): Promise<number | string>;
}

/** Starts a command that uses the server, and waits until it is connected. */
export async function runningCommand(home: string): Promise<RunningCommand> {
  const program = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));
  const child = spawn(process.execPath, [program, "db", "psql"], {
    env: environmentFor(home),
    stdio: ["pipe", "pipe", "pipe"],
    // A process group of its own, as in a terminal.
    detached: true,
  });
  const ended = new Promise<number | string>((resolve) => {
    child.once("exit", (code, signal) => resolve(code ?? signal ?? ""));
  });
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once("data", () => resolve());
    void ended.then((status) => reject(new Error(`the command ended with ${status}: ${errors}`)));
  });
  return {
    pid: child.pid ?? 0,
    end: () => {
      child.stdin.end();
      return ended;
    },
    signal: (name, everything = false) => {
      process.kill(everything ? -(child.pid ?? 0) : (child.pid ?? 0), name);
      return ended;
    },
  };
}

function environmentFor(home: string): NodeJS.ProcessEnv {
  const { DATABASE_URL: _, ...environment } = process.env;
  return { ...environment, FORECASTLAB_HOME: home, PATH: `${fakePsqlFolder}:${process.env.PATH}` };
}

let fakePsqlFolder = "";

/**
 * A fake psql, because a machine that runs the tests may have none. It prints its address and arguments. Without arguments it
 * then runs until its input ends, like psql at its prompt.
 */
const fakePsqlText = `#!/bin/sh
echo "$PGUSER@$PGHOST:$PGPORT/$PGDATABASE $*"
if [ $# = 0 ]; then cat; fi
exit \${PSQL_EXIT:-0}
`;

/** Runs a query as a command does: starts the server, and stops it unless it is in use. Returns the first row. */
export async function ask(home: string, sql: string): Promise<unknown[]> {
  return withEmbeddedServer(settingsOf(home), (database) =>
    withClient(database, async (client) => {
      const { rows } = await client.query<unknown[]>({ text: sql, rowMode: "array" });
      return rows[0] ?? [];
    }),
  );
}

/** Kills a process and waits until it has ended. */
export async function crash(pid: number): Promise<void> {
  process.kill(pid, "SIGKILL");
  while (respondsToSignals(pid) && !isZombie(pid)) await sleep(5);
}
