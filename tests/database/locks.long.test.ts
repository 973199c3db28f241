import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { withClient } from "../../src/database/connection.ts";
import { withLockRetry } from "../../src/database/lock-retry.ts";
import { lockMonths, tryLockMonth } from "../../src/database/locks.ts";
import { freshDatabase, serverVersions } from "../support/warehouse.ts";

describe.for(serverVersions())("on PostgreSQL %s", async (server) => {
  const database = await freshDatabase({ server });

  test("the months of a client that has died are free within seconds, even while its statement runs", async () => {
    const holder = withClient(database, async (client) => {
      await lockMonths(client, "sales_daily", ["2024-01"], "session");
      const running = client.query("SELECT pg_sleep(60)");
      running.catch(() => {});
      await sleep(100);
      const { connection } = client as unknown as { connection: { stream: { destroy(): void } } };
      connection.stream.destroy();
      await running;
    });
    await expect(holder).rejects.toThrow();
    await withClient(database, async (other) => {
      const free = () => tryLockMonth(other, "sales_daily", "2024-01", "session");
      await expect.poll(free, { timeout: 10_000, interval: 200 }).toBe(true);
    });
  });

  test("a lock that is tried for again and again has a limit in seconds, which the message says", async () => {
    await withClient(database, async (holder) => {
      await holder.query("BEGIN");
      await holder.query("LOCK TABLE store");
      await withClient(database, async (client) => {
        let attempts = 0;
        const retry = { lockTimeout_ms: 10, attempts: Number.POSITIVE_INFINITY, limit_s: 1 };
        await client.query("BEGIN");
        await client.query("SAVEPOINT s");
        const again = withLockRetry(client, retry, async () => {
          attempts += 1;
          await client.query("SET lock_timeout = 10");
          await client.query("LOCK TABLE store").catch(async (error) => {
            await client.query("ROLLBACK TO SAVEPOINT s");
            throw error;
          });
        });
        await expect(again).rejects.toMatchObject({
          code: "DATABASE_LOCK_TIMEOUT",
          message: expect.stringMatching(/tried again and again for 1 s; locks are held by process \d+/),
        });
        expect(attempts).toBeGreaterThan(3);
      });
    });
  });
});
