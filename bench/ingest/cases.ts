import { type Client, withClient } from "forecastlab";
import type { Measurement } from "../measurement.ts";
import type { Bench } from "./bench.ts";
import type { Dataset, Totals, Variant } from "./data.ts";
import { type Expected, loadOurs } from "./ours.ts";
import { bareTable, copyKeyed, insertBatches, loadIntoDuckDB, stageAndInsert } from "./peers.ts";

/** One thing that is measured, once a round. */
export interface Case {
  readonly name: string;
  readonly title: string;
  /**
   * What it finds: a new database with dimensions and without a sale; such a one that is kept for the round; that one as
   * the first load filled it, which must stay so; a copy of that; or no database.
   */
  readonly start: "empty" | "kept" | "filled" | "copy" | "none";
  /** The files it reads. */
  readonly files: readonly Variant[];
  /** The table it writes; default `sales_daily`. */
  readonly table?: string;
  run(bench: Bench, database: string): Promise<Measurement>;
  /** What the table must hold afterwards. */
  readonly holds?: (bench: Bench) => Totals;
}

/** A round, in this order: the replays find the filled table as the first load has left it. */
export const cases: readonly Case[] = [
  {
    name: "bare_copy",
    title: "bare `COPY`, rows with ids: unlogged table, no index",
    start: "empty",
    files: ["keyed"],
    table: "bare",
    run: async (bench, database) => {
      await asPeer(bench, database, (client) => client.query(bareTable));
      return asPeer(bench, database, (client) => copyKeyed(client, "bare", bench.data));
    },
    holds: ({ data }) => data.totals,
  },
  {
    name: "copy",
    title: "`COPY`, rows with ids, straight into `sales_daily`",
    start: "empty",
    files: ["keyed"],
    run: (bench, database) =>
      asPeer(bench, database, (client) => copyKeyed(client, "sales_daily", bench.data)),
    holds: ({ data }) => data.totals,
  },
  {
    name: "first_load_5m",
    title: "**first load of 5,000,000 rows**, for the growth",
    start: "empty",
    files: [],
    run: (bench, database) => firstLoad(bench, database, smallerOf(bench), "sorted"),
    holds: (bench) => smallerOf(bench).totals,
  },
  {
    name: "first_load",
    title: "**first load**",
    start: "kept",
    files: ["sorted"],
    run: (bench, database) => firstLoad(bench, database, bench.data, "sorted"),
    // Its sums are taken at the end of the round: reading the table now would do a part of the replays' work.
  },
  {
    name: "replay",
    title: "**replay**, recognised by the ledger",
    start: "filled",
    files: ["sorted"],
    run: (bench, database) => replay(bench, database, { recognised: 1 }),
  },
  {
    name: "replay_again",
    title: "**replay** with `--again`, compared",
    start: "filled",
    files: ["sorted"],
    run: (bench, database) => replay(bench, database, { unchanged: bench.data.shape.rows }, ["--again"]),
  },
  {
    name: "delta",
    title: "**1% changed**",
    start: "copy",
    files: ["changed"],
    run: (bench, database) => loadChanged(bench, database),
    holds: ({ data }) => data.changedTotals,
  },
  {
    name: "on_conflict",
    title: "1% changed: staging table, one `ON CONFLICT` of the whole file",
    start: "copy",
    files: ["changed"],
    run: (bench, database) => stage(bench, database, "changed"),
    holds: ({ data }) => data.changedTotals,
  },
  {
    name: "first_load_unsorted",
    title: "**first load**, file in no order",
    start: "empty",
    files: ["unsorted"],
    run: (bench, database) => firstLoad(bench, database, bench.data, "unsorted"),
    holds: ({ data }) => data.totals,
  },
  {
    name: "staging",
    title: "empty table: staging table, one `ON CONFLICT`",
    start: "empty",
    files: ["sample"],
    run: (bench, database) => stage(bench, database, "sample"),
  },
  {
    name: "orm_batches",
    title: "empty table: `ON CONFLICT`, 1,000 rows a statement",
    start: "empty",
    files: ["sample"],
    run: (bench, database) => {
      const { sample, sampleRows } = bench.data;
      return asPeer(bench, database, (client) => insertBatches(client, sample, sampleRows));
    },
  },
  {
    name: "duckdb",
    title: "DuckDB into a table of its own, same keys and checks",
    start: "none",
    files: ["sorted"],
    run: ({ folder, data }) => loadIntoDuckDB(folder, data),
  },
];

const nothing: Expected = { inserted: 0, updated: 0, unchanged: 0, recognised: 0 };

function firstLoad(
  bench: Bench,
  database: string,
  data: Dataset,
  order: "sorted" | "unsorted",
): Promise<Measurement> {
  const { rows } = data.shape;
  return loadOurs(bench, database, data[order], rows, { ...nothing, inserted: rows });
}

function replay(
  bench: Bench,
  database: string,
  expected: Partial<Expected>,
  flags: readonly string[] = [],
): Promise<Measurement> {
  const { sorted, shape } = bench.data;
  return loadOurs(bench, database, sorted, shape.rows, { ...nothing, ...expected }, flags);
}

function loadChanged(bench: Bench, database: string): Promise<Measurement> {
  const { changed, changedRows, shape } = bench.data;
  const expected = { ...nothing, updated: changedRows, unchanged: shape.rows - changedRows };
  return loadOurs(bench, database, changed, shape.rows, expected);
}

function stage(bench: Bench, database: string, variant: "sample" | "changed"): Promise<Measurement> {
  const { shape, sampleRows } = bench.data;
  const rows = variant === "sample" ? sampleRows : shape.rows;
  return asPeer(bench, database, (client) => stageAndInsert(client, bench.data[variant], rows));
}

function asPeer<T>(bench: Bench, database: string, work: (client: Client) => Promise<T>): Promise<T> {
  return withClient(bench.server.database(database), work, bench.signal);
}

function smallerOf({ smaller }: Bench): Dataset {
  if (smaller === undefined) throw new Error("growth is told by rows beyond 5,000,000 only");
  return smaller;
}
