import { mkdtempSync, readdirSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { type Database, databaseBeside, withClient } from "../../src/database/connection.ts";
import { type LoadRequest, load } from "../../src/ingest/index.ts";
import { upgrade } from "../../src/migration/index.ts";
import { temporaryFolder } from "../database/support/embedded.ts";
import { serverVersions } from "../support/warehouse.ts";
import {
  type HeldLoad,
  type KillableServer,
  killLoader,
  startKillableServer,
  whileHeld,
} from "./support/killable-server.ts";
import { Workspace } from "./support/load.ts";
import { fillMonths, linesOf, longAgo, monthLines } from "./support/many-months.ts";

/*
 * A load is held at each of its steps, and one of three things is killed: the loader, the connection that it publishes
 * through, or the whole server. Afterwards the warehouse has the old state, or if the load had committed the new one, and
 * nothing else but dimension rows that the load had added. Repeating the load gives the new state, and nothing is left over.
 */

const workspace = new Workspace();
// The private folders of all loads of this file are made in here.
process.env.TMPDIR = mkdtempSync(workspace.path("tmp-"));
// Each running load listens for the end of the process.
process.setMaxListeners(100);
const folder = temporaryFolder();

const { merge, rebuild, attach, waiting, missing } = monthLines;

interface Case {
  readonly request: LoadRequest;
  /** What the load does with its months. */
  readonly methods: readonly string[];
  /** The steps it goes through, without their months. */
  readonly steps: readonly string[];
  /** Steps at which it is not killed, because it is killed at the same step of another month or load. */
  readonly spared: RegExp;
}

const loads: Record<string, Case> = {
  "months of every kind": {
    request: {
      table: "sales_daily",
      files: [workspace.write("months.csv", linesOf(merge, rebuild, attach, waiting))],
    },
    methods: ["2024-01 merge", "2024-02 rebuild", "2024-03 attach", "2024-04 rebuild"],
    steps: [
      ...["lock months", "sweep leftovers", "compare", "create", "copy", "index", "built"],
      ...["begin", "merge", "record", "confirm", "swap", "commit", "done"],
    ],
    spared: /^(create|copy|index) 2024-0[34]$/,
  },
  "dimension rows of its own": {
    request: {
      table: "sales_daily",
      files: [workspace.write("missing.csv", linesOf(missing))],
      createMissing: true,
    },
    methods: ["2024-01 merge", "2024-07 attach"],
    steps: [
      ...["lock months", "sweep leftovers", "create dimension rows", "compare"],
      ...["create", "copy", "index", "built"],
      ...["begin", "merge", "record", "confirm", "swap", "commit", "done"],
    ],
    spared:
      /^(lock months|sweep leftovers|compare|begin|merge 2024-01|record|confirm|(create|copy|index) 2024-07)$/,
  },
};

type Kill = (server: KillableServer, loads: readonly HeldLoad[]) => Promise<(string | undefined)[]>;

/** Ways to kill loads. Each returns the outcome of every load, if the loader survives. */
const kills: Record<string, Kill> = {
  "the loader": async (_, held) => {
    await killLoader(held);
    return [];
  },
  "the connection it publishes through": (server, held) =>
    whileHeld(held, () => server.killConnections(held.map(({ database }) => nameOf(database)))),
  "the server": (server, held) => whileHeld(held, () => server.killAll()),
};

let servers: Record<string, KillableServer>;
beforeAll(async () => {
  const starting = serverVersions().map(async (version) => {
    const server = await startKillableServer(folder, version);
    await server.clone("template0", ["migrated"]);
    await upgrade(databaseBeside(server.database, "migrated"));
    return [version, server] as const;
  });
  servers = Object.fromEntries(await Promise.all(starting));
});

describe.for(serverVersions())("on PostgreSQL %s", (version) => {
  // A load with dimension rows does the same on every version.
  const cases = Object.entries(loads).slice(0, version === "18" ? 2 : 1);
  describe.for(cases)("a load with %s", ([kind, { request, methods, steps, spared }]) => {
    let server: KillableServer;
    let walked: Walk;
    const named = (name: string) => databaseBeside(server.database, name);
    /**
     * Loads to be killed, one per step. At a step before the commit, all ways to kill use the same database, one after the
     * other; after the commit each has a database of its own.
     */
    const victims = (kill: string): HeldLoad[] =>
      walked.steps
        .filter(({ step }) => !spared.test(step))
        .map((step, index) => {
          const name = step.step === "done" ? `done_${Object.keys(kills).indexOf(kill)}` : `step_${index}`;
          return { ...step, request, database: named(name) };
        });
    const databases = () => [
      ...new Set(Object.keys(kills).flatMap((kill) => victims(kill).map(({ database }) => nameOf(database)))),
    ];

    beforeAll(async () => {
      server = servers[version] as KillableServer;
      const template = kind.replaceAll(" ", "_");
      await server.clone("migrated", [template]);
      await fillMonths(named(template));
      await server.clone(template, ["undisturbed"]);
      walked = await walk(named("undisturbed"), request);
      await server.clone(template, databases());
    });

    test("has these steps", () => {
      expect(walked.methods).toEqual(methods);
      const names = walked.steps.map(({ step }) => step.replace(/ 2024-\d\d$/, ""));
      expect([...new Set(names)].sort()).toEqual([...steps].sort());
    });

    test.for(Object.entries(kills))(
      "leaves the old state if %s is killed at any step before the commit, else the new one",
      async ([name, kill]) => {
        const held = victims(name);
        const outcomes = await kill(server, held);
        for (const [index, { database, step, occurrence }] of held.entries()) {
          const [at, done] = [`${step} (${occurrence})`, step === "done"];
          const { unattached, ...found } = await stateOf(database);
          const { unattached: _, ...expected } = done ? walked.after : beforeCommit(walked, step);
          expect({ at, ...found }).toEqual({ at, ...expected });
          // Leftovers of loads that were killed earlier are gone.
          expect(new Set(unattached.map((table) => table.replace(/.*_load_/, ""))).size, at).toBeLessThan(2);
          expect([undefined, done ? "published" : "DATABASE_CONNECTION_LOST"], at).toContain(outcomes[index]);
        }
      },
    );

    test("gives the new state when it is repeated, with nothing left over", async () => {
      const repeat = async (name: string) => {
        const database = named(name);
        const { already_loaded } = await load(database, request);
        expect({ name, known: already_loaded.length }).toEqual({
          name,
          known: name.startsWith("done") ? 1 : 0,
        });
        expect({ name, ...(await stateOf(database)) }).toEqual({ name, ...walked.after });
      };
      const names = databases();
      // Two at a time: one waits for the server while the other computes.
      const next = async () => {
        for (let name = names.pop(); name !== undefined; name = names.pop()) await repeat(name);
      };
      await Promise.all([next(), next()]);
      expect(readdirSync(process.env.TMPDIR ?? "")).toEqual([]);
    });
  });
});

/** The state of a load that is killed before it commits: the old one, with the dimension rows that it has added by then. */
function beforeCommit({ steps, before, after }: Walk, step: string): State {
  const places = steps.map((each) => each.step);
  const added =
    places.includes("create dimension rows") &&
    places.indexOf(step) > places.indexOf("create dimension rows");
  if (!added) return before;
  const ledger = after.ledger.filter(({ table_name }) => table_name !== "sales_daily");
  return { ...before, dimensions: after.dimensions, ledger };
}

const nameOf = ({ url }: Database) => new URL(url).pathname.slice(1);

interface Walk {
  readonly steps: readonly { readonly step: string; readonly occurrence: number }[];
  readonly methods: readonly string[];
  readonly before: State;
  readonly after: State;
}

/** Runs the load undisturbed, and records its steps and the state before and after. */
async function walk(database: Database, request: LoadRequest): Promise<Walk> {
  const before = await stateOf(database);
  const taken: string[] = [];
  const { months } = await load(database, { ...request, onStep: (step) => void taken.push(step) });
  const steps = taken.map((step, index) => ({
    step,
    occurrence: taken.slice(0, index + 1).filter((other) => other === step).length,
  }));
  const after = await stateOf(database);
  return { steps, methods: months.map(({ month, method }) => `${month} ${method}`), before, after };
}

interface State {
  /** Digest of all rows of each partition, with the ids and times of rows that were there before the load. */
  readonly partitions: readonly { part: string; bounds: string; rows: number; digest: string }[];
  /** How many rows a load added, how many it wrote, and how many different times it gave them. */
  readonly loaded: { added: number; ids: number; touched: number; times: number };
  readonly dimensions: { stores: number; products: number; days: number };
  readonly ledger: readonly { readonly table_name: string }[];
  /** Months that were built and never attached. */
  readonly unattached: readonly string[];
}

/** Everything in a warehouse that a load may change, except the ids and times that it gives, which differ between runs. */
async function stateOf(database: Database): Promise<State> {
  const own = `timestamptz '${longAgo}'`;
  return withClient(database, async (client) => {
    const one = async <Row extends object>(sql: string) => (await client.query<Row>(sql)).rows;
    const partitions = await one<State["partitions"][number]>(`
      SELECT c.relname AS part, pg_get_expr(c.relpartbound, c.oid) AS bounds, coalesce(rows, 0)::int AS rows, digest
      FROM pg_inherits
      JOIN pg_class AS c ON c.oid = inhrelid
      LEFT JOIN (
        SELECT s.tableoid, count(*) AS rows, sum(hashtextextended(concat_ws(',',
          date, store.code, product.sku, quantity, unit_price, total_amount,
          CASE WHEN s.created_at = ${own} THEN s.id END, s.created_at = ${own}, s.updated_at = ${own}
        ), 0)) AS digest
        FROM sales_daily AS s
        JOIN store ON store.id = store_id
        JOIN product ON product.id = product_id
        GROUP BY s.tableoid
      ) AS content ON content.tableoid = c.oid
      WHERE inhparent = 'sales_daily'::regclass
      ORDER BY part`);
    const [loaded] = await one<State["loaded"]>(`
      SELECT count(*) FILTER (WHERE created_at <> ${own})::int AS added,
        count(DISTINCT id)::int AS ids,
        count(*) FILTER (WHERE updated_at <> ${own})::int AS touched,
        count(DISTINCT updated_at)::int AS times
      FROM sales_daily`);
    const [dimensions] = await one<State["dimensions"]>(`
      SELECT (SELECT count(*)::int FROM store) AS stores, (SELECT count(*)::int FROM product) AS products,
        (SELECT count(*)::int FROM calendar) AS days`);
    // Without what a load has added to the dimensions: if it is repeated, they are there. They have rows of their own.
    const ledger = await one<State["ledger"][number]>(`
      SELECT table_name, files, mapping_sha256, source_rows, read, inserted, updated, unchanged, months
      FROM load_run ORDER BY id`);
    const unattached = await one<{ name: string }>(
      "SELECT relname AS name FROM pg_class WHERE relname LIKE '%\\_load\\_%' AND relkind = 'r' AND NOT relispartition",
    );
    return {
      partitions,
      loaded: loaded as State["loaded"],
      dimensions: dimensions as State["dimensions"],
      ledger,
      unattached: unattached.map(({ name }) => name),
    };
  });
}
