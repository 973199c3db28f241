import { type Client, withClient } from "forecastlab";
import type { Measurement } from "../measurement.ts";
import type { Bench } from "./bench.ts";
import type { Dataset, Totals, Variant } from "./data.ts";
import { type Expected, loadOurs } from "./ours.ts";
import { bareTable, copyKeyed, insertBatches, loadIntoDuckDB, stageAndInsert } from "./peers.ts";

/** One thing to measure, once per round. */
export interface Case {
  readonly name: string;
  readonly title: string;
  /**
   * The database it starts from:
   * - `empty`: a new one with dimensions and without sales
   * - `kept`: the same, kept until the end of the round
   * - `filled`: the kept one as the first load left it; the case must not change it
   * - `copy`: a copy of the filled one
   * - `none`: no database
   */
  readonly start: "empty" | "kept" | "filled" | "copy" | "none";
  /** The files it reads. */
  readonly files: readonly Variant[];
  /** The table it writes; default `sales_daily`. */
  readonly table?: string;
  run(bench: Bench, database: string): Promise<Measurement>;
  /** The totals that the table must have afterwards. */
  readonly holds?: (bench: Bench) => Totals;
}

/** A round, in this order: replays start from the table as the first load left it. */
export const cases: readonly Case[] = [
  {
    name: "bare_copy",
    title: "bare `COPY` of rows with ids: unlogged table, no index",
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
    title: "`COPY` of rows with ids directly into `sales_daily`",
    start: "empty",
    files: ["keyed"],
    run: (bench, database) =>
      asPeer(bench, database, (client) => copyKeyed(client, "sales_daily", bench.data)),
    holds: ({ data }) => data.totals,
  },
  {
    name: "first_load_5m",
    title: "**first load of 5,000,000 rows**, baseline for growth",
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
    // Its totals are checked at the end of the round, because reading the table now would warm it up for the replays.
  },
  {
    name: "replay",
    title: "**replay**, recognized by the ledger",
    start: "filled",
    files: ["sorted"],
    run: (bench, database) => replay(bench, database, { recognized: 1 }),
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
    title: "1% changed: staging table and one `ON CONFLICT` for the whole file",
    start: "copy",
    files: ["changed"],
    run: (bench, database) => stage(bench, database, "changed"),
    holds: ({ data }) => data.changedTotals,
  },
  {
    name: "first_load_unsorted",
    title: "**first load**, unsorted file",
    start: "empty",
    files: ["unsorted"],
    run: (bench, database) => firstLoad(bench, database, bench.data, "unsorted"),
    holds: ({ data }) => data.totals,
  },
  {
    name: "staging",
    title: "empty table: staging table and one `ON CONFLICT`",
    start: "empty",
    files: ["sample"],
    run: (bench, database) => stage(bench, database, "sample"),
  },
  {
    name: "orm_batches",
    title: "empty table: `ON CONFLICT`, 1,000 rows per statement",
    start: "empty",
    files: ["sample"],
    run: (bench, database) => {
      const { sample, sampleRows } = bench.data;
      return asPeer(bench, database, (client) => insertBatches(client, sample, sampleRows));
    },
  },
  {
    name: "duckdb",
    title: "DuckDB into its own table, with the same keys and checks",
    start: "none",
    files: ["sorted"],
    run: ({ folder, data }) => loadIntoDuckDB(folder, data),
  },
];

const nothing: Expected = { inserted: 0, updated: 0, unchanged: 0, recognized: 0 };

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
  if (smaller === undefined) throw new Error("growth is measured above 5,000,000 rows only");
  return smaller;
}
