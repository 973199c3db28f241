import { mkdtempSync, readdirSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { type Database, databaseBeside, withClient } from "../../src/database/connection.ts";
import { type LoadRequest, load } from "../../src/ingest/index.ts";
import { upgrade } from "../../src/migration/index.ts";
import { temporaryFolder } from "../database/support/embedded.ts";
import { serverVersions } from "../support/warehouse.ts";
import { Workspace } from "./support/load.ts";
import { fillMonths, linesOf, longAgo, monthLines } from "./support/many-months.ts";
import {
  type HeldLoad,
  killLoader,
  type MortalServer,
  startMortalServer,
  whileHeld,
} from "./support/mortal-server.ts";

/*
 * A load is held at each of its steps, and one of three things is killed: the loader, the connection it publishes through, or
 * the whole server. What is stored afterwards is the old state, or after the commit the new one, and nothing else; the load,
 * simply repeated, makes the new state of it and leaves nothing over.
 */

const workspace = new Workspace();
// Every private folder of a load in this file is made in here.
process.env.TMPDIR = mkdtempSync(workspace.path("tmp-"));
// Each load that runs waits for the end of the process.
process.setMaxListeners(100);
const folder = temporaryFolder();

const { merge, rebuild, attach, waiting, missing } = monthLines;

interface Walked {
  readonly request: LoadRequest;
  /** What the load does to its months. */
  readonly methods: readonly string[];
  /** The steps it goes through, without their months. */
  readonly steps: readonly string[];
  /** Steps it does not die at, because another month or load does at the same. */
  readonly spared: RegExp;
}

const loads: Record<string, Walked> = {
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
      ...["lock months", "sweep leftovers", "compare", "begin", "create dimension rows"],
      ...["create", "copy", "index", "built", "merge", "record", "confirm", "swap", "commit", "done"],
    ],
    spared:
      /^(lock months|sweep leftovers|compare|begin|merge 2024-01|record|confirm|(create|copy|index) 2024-07)$/,
  },
};

type Kill = (server: MortalServer, loads: readonly HeldLoad[]) => Promise<(string | undefined)[]>;

/** How a load dies, and what each of those killed says of it, if it can. */
const kills: Record<string, Kill> = {
  "the loader": async (_, held) => {
    await killLoader(held);
    return [];
  },
  "the connection it publishes through": (server, held) =>
    whileHeld(held, () => server.killConnections(held.map(({ database }) => nameOf(database)))),
  "the server": (server, held) => whileHeld(held, () => server.killAll()),
};

let servers: Record<string, MortalServer>;
beforeAll(async () => {
  const starting = serverVersions().map(async (version) => {
    const server = await startMortalServer(folder, version);
    await server.clone("template0", ["migrated"]);
    await upgrade(databaseBeside(server.database, "migrated"));
    return [version, server] as const;
  });
  servers = Object.fromEntries(await Promise.all(starting));
});

describe.for(serverVersions())("on PostgreSQL %s", (version) => {
  // What a load with dimension rows does in one transaction does not differ by version.
  const walks = Object.entries(loads).slice(0, version === "18" ? 2 : 1);
  describe.for(walks)("a load with %s", ([kind, { request, methods, steps, spared }]) => {
    let server: MortalServer;
    let walked: Walk;
    const named = (name: string) => databaseBeside(server.database, name);
    /** It dies at a step three times in a row in the same database; after the commit, in one for each kind of death. */
    const dying = (kill: string): HeldLoad[] =>
      walked.steps
        .filter(({ step }) => !spared.test(step))
        .map((step, index) => {
          const name = step.step === "done" ? `done_${Object.keys(kills).indexOf(kill)}` : `step_${index}`;
          return { ...step, request, database: named(name) };
        });
    const databases = () => [
      ...new Set(Object.keys(kills).flatMap((kill) => dying(kill).map(({ database }) => nameOf(database)))),
    ];

    beforeAll(async () => {
      server = servers[version] as MortalServer;
      const template = kind.replaceAll(" ", "_");
      await server.clone("migrated", [template]);
      await fillMonths(named(template));
      await server.clone(template, ["undisturbed"]);
      walked = await walk(named("undisturbed"), request);
      await server.clone(template, databases());
    });

    test("goes through these steps", () => {
      expect(walked.methods).toEqual(methods);
      const names = walked.steps.map(({ step }) => step.replace(/ 2024-\d\d$/, ""));
      expect([...new Set(names)].sort()).toEqual([...steps].sort());
    });

    test.for(Object.entries(kills))(
      "outlives %s at each of them, as if it had not begun",
      async ([name, kill]) => {
        const held = dying(name);
        const said = await kill(server, held);
        for (const [index, { database, step, occurrence }] of held.entries()) {
          const [at, done] = [`${step} (${occurrence})`, step === "done"];
          const { unattached, ...found } = await stateOf(database);
          const { unattached: _, ...expected } = done ? walked.after : walked.before;
          expect({ at, ...found }).toEqual({ at, ...expected });
          // Those of the loads that died before it are gone.
          expect(new Set(unattached.map((table) => table.replace(/.*_load_/, ""))).size, at).toBeLessThan(2);
          expect([undefined, done ? "published" : "DATABASE_CONNECTION_LOST"], at).toContain(said[index]);
        }
      },
    );

    test("is simply repeated, with nothing left over", async () => {
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

const nameOf = ({ config }: Database) => new URL(config.connectionString ?? "").pathname.slice(1);

interface Walk {
  readonly steps: readonly { readonly step: string; readonly occurrence: number }[];
  readonly methods: readonly string[];
  readonly before: State;
  readonly after: State;
}

/** Loads without a disturbance, and remembers what the load went through. */
async function walk(database: Database, request: LoadRequest): Promise<Walk> {
  const before = await stateOf(database);
  const told: string[] = [];
  const { months } = await load(database, { ...request, onStep: (step) => void told.push(step) });
  const steps = told.map((step, index) => ({
    step,
    occurrence: told.slice(0, index + 1).filter((other) => other === step).length,
  }));
  const after = await stateOf(database);
  return { steps, methods: months.map(({ month, method }) => `${month} ${method}`), before, after };
}

interface State {
  /** Digest of all rows of each partition: with ids and times where they are those of the template. */
  readonly partitions: readonly { part: string; bounds: string; rows: number; digest: string }[];
  /** Rows that a load added, rows it touched, and the times it gave them. */
  readonly loaded: { added: number; ids: number; touched: number; times: number };
  readonly dimensions: { stores: number; products: number; days: number };
  readonly ledger: readonly object[];
  /** Months that were built and are not attached. */
  readonly unattached: readonly string[];
}

/** Everything of a warehouse that a load may change. Ids and times that the load gives differ from one run to the next. */
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
    const ledger = await one(`
      SELECT table_name, files, mapping_sha256, source_rows, read, inserted, updated, unchanged, created, months
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
