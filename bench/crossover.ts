import { join } from "node:path";
import type { Command } from "commander";
import { contractOf, withClient } from "forecastlab";
import { prepareTemplate } from "./ingest/bench.ts";
import { internal } from "./internal.ts";
import { markdownTable } from "./markdown.ts";
import { withFolder } from "./run.ts";
import { type Server, withServer } from "./server.ts";
import { shapeOf } from "./shape.ts";
import { spreadOf } from "./statistics.ts";

/* Where a rebuild becomes cheaper than a merge: the number behind `rebuildShare` (ADR 0016). */

const days = 31;
const shares = [0.01, 0.03, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1];
const methods = ["merge", "rebuild"] as const;
type Method = (typeof methods)[number];

export function registerCrossover(program: Command, signal: AbortSignal): void {
  program
    .command("crossover")
    .description("changes a growing share of a month of 310,000 rows, merged and rebuilt")
    .option("--rounds <n>", "how often each is measured", Number, 3)
    .action(({ rounds }: { rounds: number }) => crossover(rounds, signal));
}

async function crossover(rounds: number, signal: AbortSignal): Promise<void> {
  await withFolder({}, (folder) =>
    withServer(join(folder, "home"), signal, async (server) => {
      await prepareTemplate(server, shapeOf(days * 10_000));
      await server.clone("bench_month", "bench_template");
      await publishRows(server, "bench_month", "attach", 0);
      const seconds = new Map<string, number[]>();
      for (let round = 0; round < rounds; round++) {
        for (const share of shares) {
          for (const method of methods) {
            await server.clone("bench_case", "bench_month");
            await server.settle();
            const key = `${share} ${method}`;
            seconds.set(key, [
              ...(seconds.get(key) ?? []),
              await publishRows(server, "bench_case", method, share),
            ]);
          }
        }
      }
      const cells = shares.map((share) => [
        `${share * 100} %`,
        ...methods.map((method) => spreadOf(seconds.get(`${share} ${method}`) ?? []).median.toFixed(2)),
      ]);
      process.stdout.write(`${markdownTable(["changed", "merge, s", "rebuild, s"], cells)}\n`);
    }),
  );
}

/** Publishes a month of which a share differs from what is stored. @returns seconds of the publishing alone */
async function publishRows(
  server: Server,
  name: string,
  method: Method | "attach",
  share: number,
): Promise<number> {
  const database = server.database(name);
  const [{ withEngine }, { tables }, { publish }] = await Promise.all([
    internal("duckdb/engine.js"),
    internal("ingest/engine-tables.js"),
    internal("ingest/publish/publish.js"),
  ]);
  return withEngine(undefined, (engine: { run(sql: string): Promise<void> }) =>
    withClient(database, async (client) => {
      await engine.run(`
        CREATE TABLE ${tables.acceptedRow} AS
        SELECT d * 10000 + s * 100 + p AS _seq, DATE '2023-01-01' + d::INTEGER AS date, s::INTEGER AS store_id, p::INTEGER AS product_id,
          (hash(d, s, p) % 20 + CASE WHEN hash(p, s, d) % 1000 < ${share * 1000} THEN 1 ELSE 0 END)::INTEGER AS quantity,
          CAST(1.5 AS DECIMAL(10, 2)) AS unit_price, CAST(3 AS DECIMAL(12, 2)) AS total_amount
        FROM range(${days}) AS a(d), range(1, 101) AS b(s), range(1, 101) AS c(p)
      `);
      const started = performance.now();
      await publish(
        client,
        {
          engine,
          contract: contractOf("sales_daily"),
          columns: ["date", "store_id", "product_id", "quantity", "unit_price", "total_amount"],
        },
        {
          database,
          entry: { table: "sales_daily", files: [], mappingSha256: "", startedAt: "2024-01-01" },
          dryRun: false,
          wait: true,
          missing: { store: 0, product: 0, calendar: 0 },
          choose: () => method,
          counts: (changes: { inserted: number; updated: number; unchanged: number }) => ({
            ...changes,
            ...{
              source_rows: days * 10_000,
              filtered: 0,
              read: days * 10_000,
              duplicates: 0,
              rejected: 0,
              withheld: 0,
            },
            ...{
              max_rejects: 0,
              published: true,
              dry_run: false,
              created: { store: 0, product: 0, calendar: 0 },
            },
          }),
        },
      );
      return (performance.now() - started) / 1000;
    }),
  );
}
