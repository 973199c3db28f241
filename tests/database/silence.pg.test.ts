import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type Client, withClient, withTransaction } from "../../src/database/connection.ts";
import { lockMonths, tryLockMonth } from "../../src/database/locks.ts";
import type { Month } from "../../src/database/months.ts";
import { freshDatabase, rowsOf, serverVersions } from "../support/warehouse.ts";
import { withSilentProxy } from "./support/silent-proxy.ts";

/** Nothing heard for 0.4 s, and the server ends a session it hears nothing of after 4 s. */
const impatient = "tcp_user_timeout=400";

describe.for(serverVersions())("a network to PostgreSQL %s that goes silent", async (server) => {
  const database = await freshDatabase({ server });

  /** How long the month stays locked, in seconds. */
  async function untilFree(month: Month): Promise<number> {
    const start = performance.now();
    await withClient(database, async (client) => {
      while (!(await tryLockMonth(client, "sales_daily", month, "session"))) await sleep(50);
    });
    return (performance.now() - start) / 1000;
  }

  const within = (month: Month, work: (client: Client) => Promise<unknown>) =>
    withSilentProxy(database, impatient, async ({ database: far, goSilent }) => {
      const start = performance.now();
      const error = await withClient(far, async (client) => {
        await lockMonths(client, "sales_daily", [month], "session");
        goSilent();
        return work(client);
      }).catch((reason) => reason);
      expect(error).toMatchObject({
        code: "DATABASE_SILENT",
        message: expect.stringContaining("a second connection gets no answer either"),
      });
      expect(performance.now() - start).toBeLessThan(4_000);
      expect(await untilFree(month)).toBeLessThan(8);
    });

  test("ends a statement and a transaction that hear nothing, and their months are free again", async () => {
    await Promise.all([
      within("2024-01", (client) => client.query("SELECT 1")),
      within("2024-02", (client) => withTransaction(client, () => client.query("SELECT 1"))),
    ]);
  });
});

describe("a network that is only quiet", async () => {
  const database = await freshDatabase();
  const far = <T>(work: (client: Client) => Promise<T>) =>
    withSilentProxy(database, "tcp_user_timeout=200", (proxy) => withClient(proxy.database, work));

  test("lets a statement run as long as it takes", async () => {
    await far((client) => client.query("SELECT pg_sleep(1.5)"));
  });
});

describe("a session", async () => {
  const database = await freshDatabase();

  test("is given up by the server five minutes after it was heard last, and checked by both ends", async () => {
    const names = [
      "idle_session_timeout",
      "idle_in_transaction_session_timeout",
      "client_connection_check_interval",
    ];
    const settings = await withClient(database, (client) =>
      rowsOf(client, "SELECT current_setting(name) AS value FROM unnest($1::text[]) AS name", [names]),
    );
    expect(settings.map(({ value }: { value?: string }) => value)).toEqual(["5min", "5min", "10s"]);
    expect(database.routes[0]).toMatchObject({
      silent_ms: 30_000,
      keepalives: { idle_s: 30, interval_s: 10, count: 3 },
      config: { keepAlive: true, keepAliveInitialDelayMillis: 30_000 },
    });
  });
});
