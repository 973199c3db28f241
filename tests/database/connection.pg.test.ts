import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { databaseBeside, databaseOf, withClient, withTransaction } from "../../src/database/connection.ts";
import { asDatabaseFailure } from "../../src/database/failures.ts";
import { fail } from "../../src/errors.ts";
import { freshDatabase, rowsOf, urlOf } from "../support/warehouse.ts";

const interrupted = fail("INTERRUPTED", { signal: "SIGINT" });

describe("a connection", async () => {
  const database = await freshDatabase();
  const stores = () =>
    withClient(database, (client) => rowsOf(client, "SELECT code FROM store ORDER BY code"));
  const openStore = (code: string) => `INSERT INTO store (code, name) VALUES ('${code}', 'x')`;

  test("commits a transaction if its work returns, and rolls it back if the work throws", async () => {
    await withClient(database, (client) => withTransaction(client, () => client.query(openStore("kept"))));
    const failing = withClient(database, (client) =>
      withTransaction(client, async () => {
        await client.query(openStore("lost"));
        throw new Error("no");
      }),
    );
    await expect(failing).rejects.toThrow("no");
    expect(await stores()).toEqual([{ code: "kept" }]);
  });

  test("an interruption cancels the running statement, and the transaction is rolled back", async () => {
    const controller = new AbortController();
    const work = withClient(
      database,
      (client) =>
        withTransaction(client, async () => {
          await client.query(openStore("lost"));
          await client.query("SELECT pg_sleep(60)");
        }),
      controller.signal,
    );
    setTimeout(() => controller.abort(interrupted), 200);
    await expect(work).rejects.toMatchObject({ code: "DATABASE_FAILURE", received: { sqlstate: "57014" } });
    expect(await stores()).toEqual([{ code: "kept" }]);
  });

  test("an interruption between two statements prevents the commit", async () => {
    const controller = new AbortController();
    const work = withClient(
      database,
      (client) =>
        withTransaction(client, async () => {
          await client.query(openStore("lost"));
          controller.abort(interrupted);
          await sleep(100);
        }),
      controller.signal,
    );
    await expect(work).rejects.toMatchObject({ code: "INTERRUPTED" });
    expect(await stores()).toEqual([{ code: "kept" }]);
  });

  test("dates are read as they are stored, in every time zone", async () => {
    const [row] = await withClient(database, (client) => rowsOf(client, "SELECT DATE '2024-02-29' AS date"));
    expect(row).toEqual({ date: "2024-02-29" });
  });

  const failureOf = (url: string) =>
    withClient(databaseOf(url), async () => "connected").catch((error) => error);

  test("a missing server, a wrong database and a wrong login each give one sentence, without the password", async () => {
    const url = new URL(urlOf(database));
    url.username = "nobody_of_that_name";
    url.password = "hunter2";
    const login = await failureOf(url.href);
    expect(login.code).toMatch(/^DATABASE_(LOGIN_REFUSED|NOT_FOUND)$/);

    const missing = databaseBeside(database, "no_such_database");
    await expect(withClient(missing, async () => {})).rejects.toMatchObject({
      code: "DATABASE_NOT_FOUND",
      message: expect.stringContaining("no database named no_such_database"),
    });

    const down = await failureOf("postgresql://user:hunter2@127.0.0.1:1/warehouse");
    expect(down).toMatchObject({
      code: "DATABASE_UNREACHABLE",
      exitCode: 1,
      message: "No PostgreSQL server answers at 127.0.0.1:1/warehouse: ECONNREFUSED.",
    });
    for (const error of [login, down]) expect(JSON.stringify(error) + error.stack).not.toContain("hunter2");
  });

  test("a missing password is a refused login too", () => {
    const words = new Error("SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string");
    expect(asDatabaseFailure(words, "db:5432/shop")).toMatchObject({
      code: "DATABASE_LOGIN_REFUSED",
      message: expect.stringContaining("no usable password"),
    });
  });

  test("errors of the server are told apart by their SQLSTATE", async () => {
    const refusal = (sql: string) =>
      withClient(database, (client) => client.query(sql)).then(
        () => "nothing",
        (error) => error.code,
      );
    expect(await refusal("SELECT * FROM no_such_table")).toBe("SCHEMA_MISSING");
    expect(await refusal("BEGIN READ ONLY; DELETE FROM store")).toBe("DATABASE_READ_ONLY");
    expect(await refusal("SELECT 1 / 0")).toBe("DATABASE_FAILURE");
    expect(await refusal("SELECT pg_terminate_backend(pg_backend_pid())")).toBe("DATABASE_CONNECTION_LOST");
  });
});
