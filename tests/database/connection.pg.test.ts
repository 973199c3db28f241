import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { databaseBeside, databaseOf, withClient, withTransaction } from "../../src/database/connection.ts";
import { asDatabaseFailure } from "../../src/database/failures.ts";
import { fail } from "../../src/errors.ts";
import { freshDatabase, rowsOf, urlOf } from "../support/warehouse.ts";

/** libpq itself, to compare with. */
const psql = "/usr/lib/postgresql/15/bin/psql";

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

  test("the first of several hosts that answers and has the wanted role is used, and messages name it", async () => {
    const url = new URL(urlOf(database));
    const hosts = (attributes: string) =>
      `postgresql://${url.username}@127.0.0.1:1,${url.hostname}:${url.port || 5432}${url.pathname}?${attributes}`;
    const oneOf = databaseOf(hosts("target_session_attrs=read-write"));
    const failing = withClient(oneOf, async (client) => {
      expect(client.host).toBe(decodeURIComponent(url.hostname));
      await client.query("SELECT pg_terminate_backend(pg_backend_pid())");
    });
    await expect(failing).rejects.toMatchObject({
      code: "DATABASE_CONNECTION_LOST",
      received: {
        server: `${decodeURIComponent(url.hostname)}:${url.port || 5432}${decodeURIComponent(url.pathname)}`,
      },
    });
    expect(await failureOf(hosts("target_session_attrs=prefer-standby"))).toBe("connected");
    expect(await failureOf(hosts("target_session_attrs=standby"))).toMatchObject({
      code: "DATABASE_ROLE_MISSING",
      message: expect.stringContaining("is standby, which target_session_attrs asks for"),
    });
    expect(await failureOf("postgresql://me@127.0.0.1:1,127.0.0.1:2/shop")).toMatchObject({
      code: "DATABASE_UNREACHABLE",
      message: "No PostgreSQL server answers at 127.0.0.1:1/shop, 127.0.0.1:2/shop: ECONNREFUSED.",
    });
  });

  test.skipIf(!existsSync(psql))("connection strings lead where psql goes", async () => {
    const { hostname, port, pathname, username } = new URL(urlOf(database));
    const [host, number, name] = [decodeURIComponent(hostname), port || "5432", pathname.slice(1)];
    const home = mkdtempSync(join(tmpdir(), "libpq-"));
    writeFileSync(join(home, ".pg_service.conf"), `[shop]\nhost=${host}\nport=${number}\nuser=${username}\n`);
    const environment = { HOME: home, PGUSER: username, PGPORT: number, PGDATABASE: name };
    const place = "SELECT current_user || ' ' || current_database() || ' ' || current_setting('search_path')";
    for (const given of [
      `postgresql:///${name}?host=${host}`,
      `postgresql://${username}@/${name}?host=${host}&port=${number}`,
      `postgresql://${username}@${hostname}:${number}/?dbname=${name}`,
      `postgresql://${hostname}`,
      `postgresql://127.0.0.1:1,${hostname}:${number}/${name}?target_session_attrs=read-write`,
      `host='${host}' dbname = ${name} options='-c search_path=a\\\\,b'`,
      `postgresql:///${name}?service=shop&options=-csearch_path%3Dx`,
      `service=shop dbname=${name}`,
      `host=${host}`,
    ]) {
      const theirs = execFileSync(psql, ["--no-psqlrc", "-Atc", place, given], {
        env: environment,
        encoding: "utf8",
      });
      const ours = await withClient(databaseOf(given, environment), async (client) => {
        const [row] = await rowsOf<Record<string, string>>(client, place);
        return Object.values(row ?? {})[0];
      });
      expect(ours, given).toBe(theirs.trim());
    }
    rmSync(home, { recursive: true });
  });

  test("rows outside all partitions are not called NOT NULL, and NOT NULL names the column", async () => {
    const constraintOf = (sql: string) =>
      withClient(database, (client) => client.query(sql)).catch((error) => error.received.constraint);
    expect(
      await constraintOf(`
        CREATE TABLE bounded (day date) PARTITION BY RANGE (day);
        INSERT INTO bounded VALUES ('2024-01-01')
      `),
    ).toBe("bounds of partitions of bounded");
    expect(
      await constraintOf(`
        CREATE TABLE bounded (day date) PARTITION BY RANGE (day);
        CREATE TABLE part PARTITION OF bounded FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
        INSERT INTO part VALUES ('2025-01-01')
      `),
    ).toBe("bounds of partitions of part");
    expect(await constraintOf("INSERT INTO store (code) VALUES ('x')")).toBe("NOT NULL of name");
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
