import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { withClient } from "../../../src/database/connection.ts";
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

export function settingsOf(home: string, postgresBin?: string): EmbeddedSettings {
  return { home, postgresBin };
}

/** A folder for the homes of a test file. When the file ends every server below it is stopped and the folder removed. */
export function temporaryFolder(): string {
  const folder = temporaryDataFolder("forecastlab-embedded-");
  standInFolder = join(folder, "bin");
  mkdirSync(standInFolder);
  writeFileSync(join(standInFolder, "psql"), standInText, { mode: 0o755 });
  afterAll(async () => {
    for (const home of homes) await stopEmbedded(settingsOf(home), { force: true }).catch(() => {});
    removeFolder(folder);
  });
  return folder;
}

const homes = new Set<string>();

/** A home of its own that does not exist yet. */
export function newHome(folder: string, name = "home"): string {
  const own = mkdtempSync(join(folder, "x-"));
  chmodSync(own, 0o711);
  const home = join(own, name);
  homes.add(home);
  return home;
}

/** A home with data in it already: made once for the file and copied, because making one takes a second. */
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

/** Runs a command on the home, with a stand-in for psql on its PATH. */
export function run(home: string, args: string[], env: Record<string, string> = {}): Promise<Run> {
  return spawnForecastlab(args, { env: { ...environmentFor(home), ...env } });
}

export async function statusOf(home: string): Promise<EmbeddedStatus> {
  return embeddedStatus(settingsOf(home));
}

/** A command at work: it holds the server, as psql does at its prompt, until it is told to end. */
export interface Command {
  readonly pid: number;
  /** Lets it end by itself; its exit code. */
  end(): Promise<number | string>;
  /** A signal for the command alone, or, as a terminal sends it, for it and everything it started. */
  signal(name: NodeJS.Signals, everything?: boolean): Promise<number | string>;
}

/** Starts a command that uses the server, and waits until it is connected. */
export async function commandAtWork(home: string): Promise<Command> {
  const program = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));
  const child = spawn(process.execPath, [program, "db", "psql"], {
    env: environmentFor(home),
    stdio: ["pipe", "pipe", "pipe"],
    // A process group of its own, as a terminal gives it.
    detached: true,
  });
  const ended = new Promise<number | string>((resolve) => {
    child.once("exit", (code, signal) => resolve(code ?? signal ?? ""));
  });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once("data", () => resolve());
    void ended.then((status) => reject(new Error(`the command ended with ${status}: ${said}`)));
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
  return { ...environment, FORECASTLAB_HOME: home, PATH: `${standInFolder}:${process.env.PATH}` };
}

let standInFolder = "";

/**
 * A psql, which a machine running the tests need not have: it prints where it was sent and its arguments, and without any
 * stays until its input ends, as psql does at its prompt.
 */
const standInText = `#!/bin/sh
echo "$PGUSER@$PGHOST:$PGPORT/$PGDATABASE $*"
if [ $# = 0 ]; then cat; fi
exit \${PSQL_EXIT:-0}
`;

/** The first row of a query, asked by a command's way: it starts the server and stops it again unless it is in use. */
export async function ask(home: string, sql: string): Promise<unknown[]> {
  return withEmbeddedServer(settingsOf(home), (database) =>
    withClient(database, async (client) => {
      const { rows } = await client.query<unknown[]>({ text: sql, rowMode: "array" });
      return rows[0] ?? [];
    }),
  );
}

/** Kills a process as a crash does, and waits until it is gone. */
export async function crash(pid: number): Promise<void> {
  process.kill(pid, "SIGKILL");
  while (respondsToSignals(pid) && !isZombie(pid)) await sleep(5);
}
