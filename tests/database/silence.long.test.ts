import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type Client, withClient } from "../../src/database/connection.ts";
import { freshDatabase, rowsOf } from "../support/warehouse.ts";
import { withSilentProxy } from "./support/silent-proxy.ts";

describe("a network that is only quiet", async () => {
  const database = await freshDatabase();
  const far = <T>(work: (client: Client) => Promise<T>) =>
    withSilentProxy(database, "tcp_user_timeout=200", (proxy) => withClient(proxy.database, work));

  test("lets a statement wait for a lock as long as it takes", async () => {
    await withClient(database, async (holder) => {
      await holder.query("BEGIN; LOCK TABLE store");
      const waiting = far((client) => rowsOf(client, "SELECT count(*)::int AS stores FROM store"));
      await sleep(1_500);
      await holder.query("COMMIT");
      expect(await waiting).toEqual([{ stores: 0 }]);
    });
  });

  test("keeps the session of a connection that has nothing to say, in a transaction too", async () => {
    await far(async (client) => {
      await sleep(2_800);
      await client.query("BEGIN");
      await client.query("SELECT 1/0").catch(() => {});
      await sleep(2_800);
      await client.query("ROLLBACK");
    });
  });

  test("is no silence while rows are copied slowly", async () => {
    await far(async (client) => {
      const { from } = await import("pg-copy-streams");
      await client.query("CREATE TEMPORARY TABLE slow (id int)");
      const copy = client.query(from("COPY slow FROM STDIN"));
      copy.write("1\n");
      await sleep(1_500);
      copy.end("2\n");
      await new Promise((resolve, reject) => copy.on("finish", resolve).on("error", reject));
      expect(await rowsOf(client, "SELECT count(*)::int AS rows FROM slow")).toEqual([{ rows: 2 }]);
    });
  });
});
