import { mkdtempSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Database, databaseBeside, withClient } from "../../src/database/connection.ts";
import { load } from "../../src/ingest/index.ts";
import { upgrade } from "../../src/migration/index.ts";
import { temporaryFolder } from "../database/support/embedded.ts";
import { serverVersions } from "../support/warehouse.ts";
import { type KillableServer, startKillableServer } from "./support/killable-server.ts";
import { query, Workspace } from "./support/load.ts";
import { day, fillMonths, linesOf, monthLines } from "./support/many-months.ts";

/*
 * The moment at which a load commits its swap is hit at random: a load is let go just before its COMMIT, and some microseconds
 * later its server process is killed, or all processes of the server. Afterwards the warehouse has the old state or the new
 * one, and nothing else; both must occur often. A load that was told that it is published is.
 */

const workspace = new Workspace();
process.env.TMPDIR = mkdtempSync(workspace.path("tmp-"));
process.setMaxListeners(100);
const folder = temporaryFolder();

/** Months that are merged, attached and rebuilt: all of them swap at the COMMIT. */
const lines = linesOf(monthLines.merge, day("2024-03-01", 5, 20), monthLines.waiting);
const file = workspace.write("months.csv", lines);

/** Kills per version of the server, and how many of them must end in each state. */
const walk = { kills: 105, least: 15 } as const;
/** Every so many kills hit the whole server; the others hit the process that commits. */
const wholeServer = 10;

/** A thread that kills processes a number of microseconds after it is released, while this one is busy with the load. */
class Killer {
  readonly #signal = new Int32Array(new SharedArrayBuffer(8));
  readonly #worker = new Worker(
    `const { parentPort, workerData } = require("node:worker_threads");
     const signal = new Int32Array(workerData);
     parentPort.on("message", (pids) => {
       Atomics.store(signal, 1, 1);
       Atomics.notify(signal, 1);
       Atomics.wait(signal, 0, 0);
       const until = process.hrtime.bigint() + BigInt(Atomics.load(signal, 0)) * 1000n;
       while (process.hrtime.bigint() < until);
       for (const pid of pids) try { process.kill(pid, "SIGKILL"); } catch {}
       parentPort.postMessage("killed");
     });`,
    { eval: true, workerData: this.#signal.buffer },
  );

  /** Makes it ready to kill these. */
  async aim(pids: readonly number[]): Promise<void> {
    this.#signal.fill(0);
    this.#worker.postMessage(pids);
    while (Atomics.load(this.#signal, 1) === 0) await sleep(1);
  }

  /** Starts the time; it runs at least one microsecond. */
  release(delay_us: number): Promise<void> {
    const killed = new Promise<void>((resolve) => this.#worker.once("message", () => resolve()));
    Atomics.store(this.#signal, 0, Math.max(1, Math.round(delay_us)));
    Atomics.notify(this.#signal, 0);
    return killed;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

let servers: Record<string, KillableServer>;
const killer = new Killer();
beforeAll(async () => {
  const starting = serverVersions().map(
    async (version) => [version, await startKillableServer(folder, version)] as const,
  );
  servers = Object.fromEntries(await Promise.all(starting));
});
afterAll(() => killer.end());

describe.for(serverVersions())("on PostgreSQL %s", (version) => {
  test("a load whose server is killed around its COMMIT leaves the old state or the new one", async () => {
    const server = servers[version] as KillableServer;
    await server.clone("template0", ["empty_months"]);
    const template = databaseBeside(server.database, "empty_months");
    await upgrade(template);
    await fillMonths(template);
    const clone = async () => {
      await server.clone("empty_months", ["months"]);
      return databaseBeside(server.database, "months");
    };
    let database = await clone();
    const old = await stateOf(database);
    const undisturbed = await load(database, { table: "sales_daily", files: [file] });
    expect(undisturbed.months.map(({ method }) => method)).toEqual(["merge", "attach", "rebuild"]);
    const fresh = await stateOf(database);
    database = await clone();

    const found = { old: 0, new: 0 };
    // About as long as a COMMIT takes; longer or shorter when one state comes up too seldom.
    let longest_us = 2_000;
    for (let kill = 1; kill <= walk.kills; kill++) {
      const published = await killedLoad(
        server,
        database,
        Math.random() * longest_us,
        kill % wholeServer === 0,
      );
      const state = await stateOf(database);
      const which = state === fresh ? "new" : "old";
      expect({ kill, state }).toEqual({ kill, state: which === "new" ? fresh : old });
      if (published) expect(which).toBe("new");
      found[which]++;
      if (which === "new") database = await clone();
      longest_us *= which === "new" ? 0.93 : 1.07;
    }
    // Whatever was left over is no obstacle.
    expect(await load(database, { table: "sales_daily", files: [file] })).toMatchObject({ published: true });
    expect(await stateOf(database)).toBe(fresh);
    console.log(
      `PostgreSQL ${version}: ${found.old} kills ended in the old state, ${found.new} in the new one`,
    );
    expect(found.new).toBeGreaterThanOrEqual(walk.least);
    expect(found.old).toBeGreaterThanOrEqual(walk.least);
  }, 280_000);
});

/** Loads, and kills the server's process of the load, or the whole server, so long after COMMIT is sent. @returns whether the load says that it is published */
async function killedLoad(
  server: KillableServer,
  database: Database,
  delay_us: number,
  whole: boolean,
): Promise<boolean> {
  let killed: Promise<void> | undefined;
  const loading = load(database, {
    table: "sales_daily",
    files: [file],
    onStep: async (step) => {
      if (step === "record")
        await killer.aim(whole ? await server.processes() : [await committing(database)]);
      // The step ends before the statement is sent; both take microseconds.
      if (step === "commit") killed = killer.release(delay_us);
    },
  });
  const published = await loading.then(
    () => true,
    () => false,
  );
  if (killed === undefined) throw new Error("the load ended before its COMMIT");
  await killed;
  await server.recovered(whole);
  return published;
}

/** The server's process of the oldest connection, through which the load commits. */
async function committing(database: Database): Promise<number> {
  const [row] = await query<{ pid: number }>(
    database,
    `SELECT pid FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'forecastlab' AND pid <> pg_backend_pid()
     ORDER BY backend_start LIMIT 1`,
  );
  return row?.pid ?? 0;
}

/** All that a load changes, as text. */
async function stateOf(database: Database): Promise<string> {
  return withClient(database, async (client) => {
    const { rows } = await client.query<{ state: string }>(`
      SELECT concat_ws(E'\\n',
        (SELECT string_agg(c.relname || ' ' || pg_get_expr(c.relpartbound, c.oid), ', ' ORDER BY c.relname)
         FROM pg_inherits JOIN pg_class AS c ON c.oid = inhrelid WHERE inhparent = 'sales_daily'::regclass),
        (SELECT string_agg(concat_ws(' ', part, rows, ids, digest), ', ' ORDER BY part)
         FROM (SELECT tableoid::regclass::text AS part, count(*) AS rows, count(DISTINCT id) AS ids,
                 sum(hashtextextended(concat_ws(',', date, store_id, product_id, quantity, total_amount), 0)) AS digest
               FROM sales_daily GROUP BY 1) AS months),
        (SELECT string_agg(concat_ws(' ', table_name, inserted, updated, unchanged, months), ', ' ORDER BY id) FROM load_run)
      ) AS state`);
    return rows[0]?.state ?? "";
  });
}
