import { type Client, withTransaction } from "../../database/connection.ts";
import { isLockFailure } from "../../database/lock-retry.ts";

/**
 * Reserves a block of numbers of a sequence at once: drawn one by one they take a third of the time of a COPY. The sequence is
 * locked for that moment, so that nobody else draws from the block.
 *
 * @returns the first number; null if a transaction that has drawn from the sequence does not end soon
 */
export async function reserveIds(client: Client, sequence: string, count: number): Promise<number | null> {
  try {
    return await withTransaction(client, async () => {
      await client.query("SET LOCAL lock_timeout = 200");
      // NO CYCLE is the default of an identity: the statement changes nothing, but no other one locks a sequence.
      await client.query(`ALTER SEQUENCE ${sequence} NO CYCLE`);
      const { rows } = await client.query<{ first: string }>("SELECT nextval($1) AS first", [sequence]);
      const first = Number(rows[0]?.first);
      await client.query("SELECT setval($1, $2)", [sequence, first + count - 1]);
      return first;
    });
  } catch (error) {
    if (isLockFailure(error)) return null;
    throw error;
  }
}
