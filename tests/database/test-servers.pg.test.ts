import { describe, expect, inject, it } from "vitest";
import { databaseOf, withClient } from "../../src/database/connection.ts";
import { serverVersions } from "../support/warehouse.ts";

describe("the servers of this test run", () => {
  it.runIf(serverVersions().includes("15"))(
    "include PostgreSQL 15, the oldest supported version",
    async () => {
      expect(await majorOf("15")).toBe(15);
    },
  );

  it("include the embedded PostgreSQL 18, or the server of DATABASE_URL", async () => {
    expect(await majorOf("18")).toSatisfy((major) => (process.env.DATABASE_URL ? major >= 15 : major === 18));
  });
});

async function majorOf(server: string): Promise<number> {
  return withClient(databaseOf(inject("servers")[server] ?? ""), async (client) => {
    const { rows } = await client.query("SELECT current_setting('server_version_num')::int / 10000 AS major");
    return rows[0].major;
  });
}
