import { withClient } from "forecastlab";
import { type Rounds, runRounds } from "../rounds.ts";
import { type Bench, filled, requireTotals, scratch, template } from "./bench.ts";
import type { Case } from "./cases.ts";
import type { LoadMeasurement } from "./measurement.ts";

export function runLoads(
  bench: Bench,
  cases: readonly Case[],
  count: number,
  log: (text: string) => void,
): Promise<Rounds<LoadMeasurement>> {
  return runRounds({
    ...{ cases, count, signal: bench.signal, log },
    measure: (one) => measure(bench, one),
    afterRound: async () => {
      if (cases.some(({ start }) => start === "kept"))
        await requireTotals(bench.server, filled, bench.data.totals);
      await bench.server.drop(filled);
    },
  });
}

async function measure(bench: Bench, one: Case): Promise<LoadMeasurement> {
  const { server } = bench;
  if (one.start === "none") {
    await server.settle();
    return one.run(bench, "");
  }
  const database = await makeReady(bench, one);
  const table = one.table ?? "sales_daily";
  const { result, ...written } = await server.observe(database, table, () => one.run(bench, database));
  if (one.holds !== undefined) await requireTotals(server, database, one.holds(bench), table);
  if (database === scratch) await server.drop(scratch);
  return { ...result, ...written };
}

/** The database the case starts from. */
async function makeReady({ server }: Bench, { start }: Case): Promise<string> {
  if (start === "filled") return filled;
  if (start === "copy") {
    // As autovacuum does within a minute after a load.
    await withClient(server.database(filled), (client) => client.query("VACUUM (ANALYZE) sales_daily"));
    await server.clone(scratch, filled);
    return scratch;
  }
  const database = start === "kept" ? filled : scratch;
  await server.clone(database, template);
  return database;
}
