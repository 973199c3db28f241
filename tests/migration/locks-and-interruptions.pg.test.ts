import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { withClient } from "../../src/database/connection.ts";
import { check, status, upgrade } from "../../src/migration/index.ts";
import { freshDatabase, rowsOf } from "../support/warehouse.ts";
import { failureOf, good, objectNames, revisionsFolder, scratchLeftBy } from "./support/migration.ts";

describe("locks on tables", async () => {
  const database = await freshDatabase({ empty: true });
  const folder = revisionsFolder(good, {
    id: "0002_alter",
    up: "ALTER TABLE good ADD more text;",
    down: "ALTER TABLE good DROP more;",
  });

  test("held by other sessions are tried several times, and the error names the sessions", async () => {
    await upgrade(database, { folder, target: "0001" });
    const retries: string[] = [];
    await withClient(database, async (reader) => {
      await reader.query("SET application_name = 'a long report'; BEGIN; SELECT FROM good");
      const error = await failureOf(
        upgrade(database, {
          folder,
          patience: { lockTimeout_ms: 50, attempts: 3, onRetry: (_, holders) => retries.push(holders) },
        }),
      );
      expect(error.code).toBe("DATABASE_LOCK_TIMEOUT");
      expect(error.message).toMatch(
        /3 attempts of 0.05 s each; locks are held by process \d+ \(a long report, idle in transaction for \d+ s\)/,
      );
    });
    expect(retries).toHaveLength(2);
    expect(await status(database, { folder })).toMatchObject({ revision: "0001_good" });
  });

  test("that are released between two attempts let the migration continue", async () => {
    await withClient(database, async (reader) => {
      await reader.query("BEGIN; SELECT FROM good");
      const migrated = await upgrade(database, {
        folder,
        patience: { lockTimeout_ms: 50, attempts: 50, onRetry: () => void reader.query("COMMIT") },
      });
      expect(migrated.to).toBe("0002_alter");
    });
  });
});

describe("an interruption", async () => {
  const database = await freshDatabase({ empty: true });

  test("during an upgrade rolls back the running revision", async () => {
    const folder = revisionsFolder(good, {
      id: "0002_long",
      up: "CREATE TABLE long (); SELECT pg_sleep(60);",
    });
    const interruption = new AbortController();
    const start = performance.now();
    const running = upgrade(database, {
      folder,
      signal: interruption.signal,
      onStep: () => setTimeout(() => interruption.abort(), 100),
    });
    await expect(running).rejects.toThrow(/cancel/);
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(await objectNames(database)).toEqual(["good", "id"]);
    expect(await status(database, { folder })).toMatchObject({ revision: "0001_good" });
  });

  test("during a check leaves no scratch database", async () => {
    const folder = revisionsFolder(good, { id: "0002_long", up: "SELECT pg_sleep(60);" });
    const interruption = new AbortController();
    setTimeout(() => interruption.abort(), 1_000);
    await expect(check(database, { folder, model: {}, signal: interruption.signal })).rejects.toThrow();
    expect(await scratchLeftBy(database)).toEqual([]);
  });

  test("while waiting for another migration ends the wait", async () => {
    const folder = revisionsFolder(good);
    const interruption = new AbortController();
    await withClient(database, async (other) => {
      await other.query("SELECT pg_advisory_lock(hashtext('forecastlab migrate'), hashtext('public'))");
      const waiting = upgrade(database, {
        folder,
        signal: interruption.signal,
        onWait: () => interruption.abort(),
      });
      await expect(waiting).rejects.toThrow(/abort/);
    });
  });
});

describe("waiting for another migration", async () => {
  const database = await freshDatabase({ empty: true });

  test("names who holds the lock, and ends after the limit", async () => {
    const folder = revisionsFolder(good);
    const waits: string[] = [];
    await withClient(database, async (other) => {
      await other.query("SET application_name = 'a deployment'");
      await other.query("SELECT pg_advisory_lock(hashtext('forecastlab migrate'), hashtext('public'))");
      const error = await failureOf(
        upgrade(database, {
          folder,
          lockWait_s: 1,
          onWait: (holder, waited_s) => waits.push(`${waited_s} ${holder}`),
        }),
      );
      expect(error).toMatchObject({ code: "MIGRATION_BUSY", received: { schema: "public", limit: 1 } });
      expect(error.message).toMatch(
        /within 1 s: its lock is held by server process \d+ \(a deployment, connected since 20[\d-]+ [\d:]+ UTC\)\.$/,
      );
    });
    expect(waits).toHaveLength(1);
    expect(waits[0]).toMatch(/^0 server process \d+ \(a deployment/);
    expect((await status(database, { folder })).revision).toBeNull();
  });
});

describe("a scratch database of a killed process", async () => {
  const database = await freshDatabase({ empty: true });

  test("is dropped by a later check", async () => {
    const name = `forecastlab_scratch_1700000000_1_${randomBytes(4).toString("hex")}`;
    await withClient(database, (client) => client.query(`CREATE DATABASE ${name}`));
    await check(database, { folder: revisionsFolder(good), model: {} });
    const left = await withClient(database, (client) =>
      rowsOf(client, "SELECT datname FROM pg_database WHERE datname = $1", [name]),
    );
    expect(left).toEqual([]);
  });
});
