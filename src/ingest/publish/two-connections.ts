import { type Client, type Database, withClient } from "../../database/connection.ts";

/**
 * Works through items in their order on two connections, the given one and another: while one waits for the server to parse
 * or to index, the other is used. More connections would not help if server and loader share a machine.
 *
 * @returns the results in the order of the items
 * @throws the first failure, when the work on both connections has ended
 */
export async function onTwoConnections<Item, Result>(
  client: Client,
  database: Database,
  signal: AbortSignal | undefined,
  items: readonly Item[],
  work: (client: Client, item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  let failed = false;
  const run = async (connection: Client) => {
    await prepareSession(connection);
    while (next < items.length && !failed) {
      const index = next++;
      results[index] = await work(connection, items[index] as Item);
    }
  };
  const guarded = (running: Promise<void>) =>
    running.catch((error: unknown) => {
      failed = true;
      throw error;
    });
  const runs = [guarded(run(client))];
  if (items.length > 1) runs.push(guarded(withClient(database, run, signal)));
  const ended = await Promise.allSettled(runs);
  for (const outcome of ended) if (outcome.status === "rejected") throw outcome.reason;
  return results;
}

/** Gives the server memory to sort the keys of a month's index. */
async function prepareSession(client: Client): Promise<void> {
  await client.query("SET maintenance_work_mem = '256MB'");
}
