import { withClient } from "forecastlab";
import { type Bench, filled, requireTotals, scratch, template } from "./bench.ts";
import type { Case } from "./cases.ts";
import type { Measurement } from "./measurement.ts";

/** What a case took in each round. */
export type Rounds = ReadonlyMap<string, readonly Measurement[]>;

/** All cases once, and again: what drifts on the machine meanwhile meets every one of them. One at a time. */
export async function runRounds(
  bench: Bench,
  chosen: readonly Case[],
  count: number,
  say: (text: string) => void,
): Promise<Rounds> {
  const rounds = new Map<string, Measurement[]>(chosen.map(({ name }) => [name, []]));
  for (let round = 1; round <= count; round++) {
    for (const one of chosen) {
      bench.signal.throwIfAborted();
      const measurement = await measure(bench, one);
      rounds.get(one.name)?.push(measurement);
      say(`round ${round} of ${count}: ${one.name} ${measurement.seconds.toFixed(2)} s`);
    }
    if (chosen.some(({ start }) => start === "kept"))
      await requireTotals(bench.server, filled, bench.data.totals);
    await bench.server.drop(filled);
  }
  return rounds;
}

async function measure(bench: Bench, one: Case): Promise<Measurement> {
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
    // What autovacuum does within the minute after a load.
    await withClient(server.database(filled), (client) => client.query("VACUUM (ANALYZE) sales_daily"));
    await server.clone(scratch, filled);
    return scratch;
  }
  const database = start === "kept" ? filled : scratch;
  await server.clone(database, template);
  return database;
}
