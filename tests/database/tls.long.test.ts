import { chmodSync, chownSync, copyFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databaseOf, withClient } from "../../src/database/connection.ts";
import { type OpenServer, openEmbedded } from "../../src/database/embedded/index.ts";
import { freePort } from "../support/pgbouncer.ts";
import { removeFolder, temporaryDataFolder } from "../support/temporary.ts";
import { serverVersions } from "../support/warehouse.ts";
import { authorityIn, type Certificate } from "./support/certificates.ts";

const binaries: Record<string, string | undefined> = { "15": "/usr/lib/postgresql/15/bin", "18": undefined };

/** Who may connect how: a database that wants TLS, one that wants none, and one that wants a certificate of the client. */
const authentication = `
local all all trust
hostssl certified all 127.0.0.1/32 trust clientcert=verify-ca
hostnossl certified all 127.0.0.1/32 reject
hostnossl plain all 127.0.0.1/32 trust
hostssl all all 127.0.0.1/32 trust
`;

describe.for(serverVersions())("TLS to PostgreSQL %s", async (version) => {
  const folder = temporaryDataFolder(`forecastlab-tls-${version}-`);
  const port = await freePort();
  const ours = authorityIn(folder, "ours");
  const foreign = authorityIn(folder, "foreign");
  const server = ours.sign("server", "localhost");
  const expired = ours.sign("expired", "localhost", { days: 0 });
  const client = ours.sign("client", "forecastlab");
  const stranger = foreign.sign("stranger", "forecastlab");
  const home = { HOME: folder };
  let running: OpenServer;

  beforeAll(async () => {
    writeFileSync(join(folder, "hba.conf"), authentication, { mode: 0o644 });
    chmodSync(join(folder, "hba.conf"), 0o644);
    const parameters = {
      fsync: "off",
      listen_addresses: "127.0.0.1",
      port: String(port),
      hba_file: join(folder, "hba.conf"),
    };
    const settings = { home: join(folder, "home"), postgresBin: binaries[version] };
    running = await openEmbedded(settings, { sync: false, parameters });
    await withClient(running.database, async (admin) => {
      for (const name of ["plain", "certified"]) await admin.query(`CREATE DATABASE ${name}`);
    });
  });

  afterAll(async () => {
    await running.close();
    removeFolder(folder);
  });

  /** Lets the server use a certificate, or no TLS. */
  async function serve(certificate: Certificate | undefined): Promise<void> {
    await withClient(running.database, async (admin) => {
      const { rows } = await admin.query("SELECT current_setting('data_directory') AS data");
      const { data } = rows[0];
      const owner = statSync(data);
      if (certificate !== undefined) {
        for (const [file, name, mode] of [
          [certificate.certificate, "test.crt", 0o644],
          [certificate.key, "test.key", 0o600],
          [ours.certificate, "test-ca.crt", 0o644],
        ] as const) {
          copyFileSync(file, join(data, name));
          chmodSync(join(data, name), mode);
          chownSync(join(data, name), owner.uid, owner.gid);
        }
        await admin.query("ALTER SYSTEM SET ssl_cert_file = 'test.crt'");
        await admin.query("ALTER SYSTEM SET ssl_key_file = 'test.key'");
        await admin.query("ALTER SYSTEM SET ssl_ca_file = 'test-ca.crt'");
      }
      await admin.query(`ALTER SYSTEM SET ssl = ${certificate === undefined ? "off" : "on"}`);
      await admin.query("SELECT pg_reload_conf()");
    });
    await sleep(300);
  }

  /** Whether the connection is encrypted, or the code of its failure. */
  async function outcome(
    query: string,
    { host = "localhost", database = "forecastlab" } = {},
  ): Promise<string> {
    try {
      const there = databaseOf(`postgresql://forecastlab@${host}:${port}/${database}?${query}`, home);
      return await withClient(there, async (session) => {
        const { rows } = await session.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
        return rows[0].ssl ? "encrypted" : "plain";
      });
    } catch (error) {
      return (error as { code: string }).code;
    }
  }

  test("that the server does not have is missed only where sslmode asks for it", async () => {
    await serve(undefined);
    expect(await outcome("sslmode=require")).toBe("DATABASE_TLS_MISSING");
    expect(await outcome("sslmode=verify-full")).toBe("DATABASE_TLS_MISSING");
    expect(await outcome("", { database: "plain" })).toBe("plain");
  });

  test("is used by default, and refused or missed by name", async () => {
    await serve(server);
    expect(await outcome("")).toBe("encrypted");
    expect(await outcome("sslmode=allow")).toBe("encrypted");
    expect(await outcome("sslmode=require")).toBe("encrypted");
    expect(await outcome("sslmode=disable")).toBe("DATABASE_TLS_REQUIRED");
    expect(await outcome("sslmode=disable", { database: "plain" })).toBe("plain");
    if (version !== "15") expect(await outcome("sslmode=require&sslnegotiation=direct")).toBe("encrypted");
  });

  test("is checked against the authority and the name", async () => {
    await serve(server);
    const root = `sslrootcert=${ours.certificate}`;
    expect(await outcome(`sslmode=verify-full&${root}`)).toBe("encrypted");
    expect(await outcome(`sslmode=verify-full&${root}`, { host: "127.0.0.1" })).toBe(
      "DATABASE_CERTIFICATE_NAME",
    );
    expect(await outcome(`sslmode=verify-ca&${root}`, { host: "127.0.0.1" })).toBe("encrypted");
    expect(await outcome("sslmode=verify-full")).toBe("DATABASE_CERTIFICATE_UNTRUSTED");
    expect(await outcome("sslrootcert=system")).toBe("DATABASE_CERTIFICATE_UNTRUSTED");
    for (const mode of ["require", "verify-ca", "verify-full"]) {
      expect(await outcome(`sslmode=${mode}&sslrootcert=${foreign.certificate}`)).toBe(
        "DATABASE_CERTIFICATE_UNTRUSTED",
      );
    }
    expect(await outcome("sslmode=verify-full&hostaddr=127.0.0.1", { host: "elsewhere" })).toBe(
      "DATABASE_CERTIFICATE_UNTRUSTED",
    );
    expect(await outcome(`sslmode=verify-full&${root}&hostaddr=127.0.0.1`, { host: "elsewhere" })).toBe(
      "DATABASE_CERTIFICATE_NAME",
    );
  });

  test("with a certificate that expired, or that signed itself, is refused", async () => {
    await serve(expired);
    expect(await outcome(`sslmode=verify-full&sslrootcert=${ours.certificate}`)).toBe(
      "DATABASE_CERTIFICATE_EXPIRED",
    );
    await serve(ours);
    expect(await outcome("sslmode=verify-full")).toBe("DATABASE_CERTIFICATE_UNTRUSTED");
  });

  test("with a certificate of the client is what the server wants to see", async () => {
    await serve(server);
    const certified = (query: string) => outcome(`sslmode=require&${query}`, { database: "certified" });
    expect(await certified("")).toBe("DATABASE_CERTIFICATE_REFUSED");
    expect(await certified(`sslcert=${client.certificate}&sslkey=${client.key}`)).toBe("encrypted");
    expect(await certified(`sslcert=${stranger.certificate}&sslkey=${stranger.key}`)).toBe(
      "DATABASE_CERTIFICATE_REFUSED",
    );
    expect(await certified(`sslcert=${client.certificate}&sslkey=${stranger.key}`)).toBe(
      "DATABASE_TLS_FAILED",
    );
    chmodSync(client.key, 0o644);
    expect(await certified(`sslcert=${client.certificate}&sslkey=${client.key}`)).toBe("SETTING_INVALID");
    chmodSync(client.key, 0o600);
  });
});
