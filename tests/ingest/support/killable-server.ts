import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Database, databaseBeside, withClient } from "../../../src/database/connection.ts";
import { openEmbedded } from "../../../src/database/embedded/index.ts";
import { ForecastLabError } from "../../../src/errors.ts";
import { type LoadRequest, load } from "../../../src/ingest/index.ts";
import { crash, newHome, settingsOf, statusOf } from "../../database/support/embedded.ts";
import { rowsOf } from "../../support/warehouse.ts";

/** A server that a test may kill. It ends with the test file whose `temporaryFolder()` it is in. */
export interface KillableServer {
  /** The maintenance database. */
  readonly database: Database;
  /** Makes databases of these names from a template; those that exist are dropped first. */
  clone(template: string, names: readonly string[]): Promise<void>;
  /** Kills the oldest connection to each of these databases, that of a load. The server then restarts itself. */
  killConnections(names: readonly string[]): Promise<void>;
  /** Kills all processes of the server, and starts it again. */
  killAll(): Promise<void>;
  /** All processes of the server, the one that would restart the others first. */
  processes(): Promise<number[]>;
  /** Waits until the server has recovered from the kill of a process; if all were killed, starts it again. */
  recovered(whole: boolean): Promise<void>;
}

export async function startKillableServer(folder: string, version: string): Promise<KillableServer> {
  const home = newHome(folder);
  const settings = settingsOf(home, version === "15" ? "/usr/lib/postgresql/15/bin" : undefined);
  const open = () => openEmbedded(settings, { sync: false, parameters });
  const database = databaseBeside((await open()).database, "postgres");
  const ask = <Row extends object>(sql: string, values?: unknown[]) =>
    withClient(database, (client) => rowsOf<Row>(client, sql, values));
  const processes = async () => {
    const { pid = 0 } = await statusOf(home);
    const children = execFileSync("ps", ["-o", "pid=", "--ppid", `${pid}`], { encoding: "utf8" });
    // The postmaster first: it would restart the others.
    return [pid, ...children.trim().split(/\s+/).map(Number)];
  };
  return {
    database,
    clone: async (template, names) => {
      for (const name of names) {
        await ask(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
        await ask(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`);
      }
    },
    killConnections: async (names) => {
      const found = await ask<{ pid: number }>(
        `SELECT DISTINCT ON (datname) pid FROM pg_stat_activity
         WHERE datname = ANY ($1) AND application_name = 'forecastlab'
         ORDER BY datname, backend_start`,
        [names],
      );
      if (found.length !== names.length) throw new Error(`${found.length} of ${names.length} are connected`);
      const witness = ask("SELECT pg_sleep(60)").catch(() => {});
      // The server may have ended some of them meanwhile.
      await Promise.all(found.map(({ pid }) => crash(pid).catch(() => {})));
      // The server notices, ends all its other processes, including the witness, and recovers.
      await witness;
      while (!(await ask("SELECT").catch(() => false))) await sleep(5);
    },
    killAll: async () => {
      await Promise.all((await processes()).map((each) => crash(each).catch(() => {})));
      await open();
    },
    processes,
    recovered: async (whole) => {
      if (whole) {
        // A process that is being killed may still be there.
        const left = await statusOf(home);
        if (left.pid !== undefined) await crash(left.pid).catch(() => {});
        await open();
      } else {
        // Until it notices, it takes connections that it is about to end.
        await sleep(50);
      }
      while (!(await ask("SELECT").catch(() => false))) await sleep(5);
    },
  };
}

/** Killing a process loses nothing that it wrote, synchronized or not: the operating system has it. */
const parameters = {
  fsync: "off",
  full_page_writes: "off",
  shared_buffers: "128MB",
  max_connections: "100",
  autovacuum: "off",
};

/** A load that is to be held just before the n-th occurrence of one of its steps. */
export interface HeldLoad {
  readonly database: Database;
  readonly request: LoadRequest;
  readonly step: string;
  readonly occurrence: number;
}

/** Runs loads in a process of their own, kills it when all are held, and waits until the server has noticed. */
export async function killLoader(loads: readonly HeldLoad[]): Promise<void> {
  const program = fileURLToPath(new URL("held-loads.mjs", import.meta.url));
  const given = loads.map(({ database, ...load }) => ({ ...load, url: database.url }));
  const child = spawn(process.execPath, [program, JSON.stringify(given)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const [output] = await once(child.stdout, "data");
  child.kill("SIGKILL");
  await ended;
  if (`${output}` !== "held\n") throw new Error(`${output}`);
  const others =
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
  for (const { database } of loads) {
    while ((await withClient(database, (client) => rowsOf(client, others))).length > 0) await sleep(5);
  }
}

/**
 * Runs loads in this process, does the work while all are held, and then releases them.
 *
 * @returns the outcome of each load: `published`, or the code of its error
 */
export async function whileHeld(
  loads: readonly HeldLoad[],
  work: () => Promise<void>,
): Promise<(string | undefined)[]> {
  const [allHeld, released] = [gate(), gate()];
  let waiting = loads.length;
  const outcomes = loads.map(async ({ database, request, step, occurrence }) => {
    let left = occurrence;
    const onStep = async (name: string) => {
      if (left > 0 && name === step) left -= 1;
      // Both connections of a load stop: one at this step, the other at its next step.
      if (left > 0) return;
      if (name === step) waiting -= 1;
      if (waiting === 0) allHeld.open();
      await released.opened;
    };
    const loading = load(database, { ...request, onStep });
    loading.catch(() => left > 0 && allHeld.open());
    return loading.then(
      () => "published",
      (error) => (error instanceof ForecastLabError ? error.code : String(error)),
    );
  });
  await allHeld.opened;
  await work();
  released.open();
  return Promise.all(outcomes);
}

/** A promise, and the function that fulfills it. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
