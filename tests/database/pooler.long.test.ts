import pg from "pg";
import { describe, expect, test } from "vitest";
import { type Database, withClient } from "../../src/database/connection.ts";
import { lockMonths, unlockMonths } from "../../src/database/locks.ts";
import { upgrade } from "../../src/migration/index.ts";
import { hasPgbouncer, withPgbouncer } from "../support/pgbouncer.ts";
import { freshDatabase, rowsOf, serverVersions, urlOf } from "../support/warehouse.ts";

const installed = hasPgbouncer();

describe.skipIf(!installed).for(serverVersions())("a pooler before PostgreSQL %s", async (server) => {
  const database = await freshDatabase({ server });
  const outcome = (pooled: Database) =>
    withClient(pooled, async () => "worked").catch((error) =>
      `${error.code} ${error.received.mode ?? ""}`.trim(),
    );
  const leftovers = () =>
    withClient(database, (client) =>
      rowsOf(
        client,
        `SELECT count(*)::int AS locks FROM pg_locks
         WHERE locktype = 'advisory'
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      ),
    );

  test("in transaction mode is refused before anything is done, whatever its size and order", async () => {
    for (const settings of [
      { default_pool_size: 1 },
      { default_pool_size: 5 },
      { default_pool_size: 5, min_pool_size: 3, server_round_robin: 1 },
    ]) {
      const refusals = await withPgbouncer(
        database,
        "transaction",
        (pooled) =>
          Promise.all([outcome(pooled), outcome(pooled), upgrade(pooled).catch((error) => error.code)]),
        settings,
      );
      expect(refusals).toEqual([
        "DATABASE_POOLER_UNSUPPORTED transaction",
        "DATABASE_POOLER_UNSUPPORTED transaction",
        "DATABASE_POOLER_UNSUPPORTED",
      ]);
    }
    expect(await leftovers()).toEqual([{ locks: 0 }]);
  });

  test("in transaction mode is refused while other clients keep its sessions busy", async () => {
    await withPgbouncer(
      database,
      "transaction",
      async (pooled) => {
        let busy = true;
        const others = Array.from({ length: 6 }, async () => {
          const other = new pg.Client(urlOf(pooled));
          await other.connect();
          while (busy) await other.query("SELECT pg_sleep(random() * 0.01)");
          const { rows } = await other.query("SHOW search_path");
          await other.end();
          return rows[0].search_path;
        });
        for (let attempt = 0; attempt < 3; attempt++)
          expect(await outcome(pooled)).toBe("DATABASE_POOLER_UNSUPPORTED transaction");
        busy = false;
        expect(new Set(await Promise.all(others))).toEqual(new Set(['"$user", public']));
      },
      { default_pool_size: 4 },
    );
  });

  test("in statement mode is refused by that name", async () => {
    expect(await withPgbouncer(database, "statement", outcome)).toBe("DATABASE_POOLER_UNSUPPORTED statement");
  });

  test("in session mode works, and gets every session back as it gave it", async () => {
    const settings = { default_pool_size: 4, server_reset_query: "" };
    await withPgbouncer(
      database,
      "session",
      async (pooled) => {
        await withClient(pooled, async (client) => {
          await client.query("SET search_path = pg_temp; SET lock_timeout = 1");
          await client.query("CREATE TEMPORARY TABLE store (id int)");
          await lockMonths(client, "sales_daily", ["2024-01"], "session");
        });
        expect(await leftovers()).toEqual([{ locks: 0 }]);
        const found = new pg.Client(urlOf(pooled));
        await found.connect();
        const { rows } = await found.query(
          `SELECT current_setting('search_path') AS path, current_setting('lock_timeout') AS timeout,
             to_regclass('pg_temp.store')::text AS leftover`,
        );
        await found.end();
        expect(rows).toEqual([{ path: '"$user", public', timeout: "0", leftover: null }]);
      },
      settings,
    );
  });

  test("is found behind a connection that the caller opened, too", async () => {
    const migrated = await withPgbouncer(database, "transaction", async (pooled) => {
      const client = new pg.Client(urlOf(pooled));
      await client.connect();
      const refusal = await upgrade(client).catch((error) => error.code);
      await client.end();
      return refusal;
    });
    expect(migrated).toBe("DATABASE_POOLER_UNSUPPORTED");
  });
});

describe.skipIf(!installed)("a pooler with one session", async () => {
  const database = await freshDatabase();

  test("in session mode is refused in time, because commands need more", async () => {
    const refusal = await withPgbouncer(
      database,
      "session",
      (pooled) => withClient(pooled, async () => "worked").catch((error) => error.code),
      { default_pool_size: 1 },
    );
    expect(refusal).toBe("DATABASE_POOL_TOO_SMALL");
  });
});

describe("a session", async () => {
  const database = await freshDatabase();

  test("that lost a lock says so when it should release it", async () => {
    const release = withClient(database, async (client) => {
      await lockMonths(client, "sales_daily", ["2024-01"], "session");
      await client.query("SELECT pg_advisory_unlock_all()");
      await unlockMonths(client, "sales_daily", ["2024-01"]);
    });
    await expect(release).rejects.toMatchObject({
      code: "DATABASE_LOCK_KEPT",
      message: expect.stringContaining("The lock on sales_daily, 2024-01"),
    });
  });

  test("of the caller has its settings again after a migration", async () => {
    await withClient(database, async (client) => {
      await client.query("SET search_path = public, pg_catalog; SET lock_timeout = 1234");
      await upgrade(client);
      expect(
        await rowsOf(
          client,
          "SELECT current_setting('search_path') AS path, current_setting('lock_timeout') AS timeout",
        ),
      ).toEqual([{ path: "public, pg_catalog", timeout: "1234ms" }]);
    });
  });
});
