import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { databaseOf, withClient } from "../../src/database/connection.ts";
import { openEmbedded } from "../../src/database/embedded/index.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Connection strings of the maintenance database of each server, by major version. */
    servers: Record<string, string>;
    /** The migrated database on each server that test databases are cloned from. */
    template: string;
  }
}

interface TestServer {
  readonly version: string;
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts the servers the integration tests run on (the embedded PostgreSQL 18, or the server of DATABASE_URL in its place,
 * and Debian's PostgreSQL 15) and prepares the migrated database each test's database is cloned from.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const template = `warehouse_template_${process.pid}`;
  const starting = [newest(), oldest()];
  const started = await Promise.allSettled(starting);
  const servers = started.flatMap((result) =>
    result.status === "fulfilled" && result.value ? [result.value] : [],
  );
  const teardown = async () => {
    await Promise.all(
      servers.map(async (server) => {
        await dropTemplate(server.url, template).catch(() => {});
        await server.close();
      }),
    );
  };
  try {
    for (const result of started) if (result.status === "rejected") throw result.reason;
    await Promise.all(servers.map((server) => createTemplate(server.url, template)));
  } catch (error) {
    await teardown();
    throw error;
  }
  project.provide("servers", Object.fromEntries(servers.map(({ version, url }) => [version, url])));
  project.provide("template", template);
  return teardown;
}

function newest(): Promise<TestServer> {
  const url = process.env.DATABASE_URL;
  if (url) return Promise.resolve({ version: "18", url, close: async () => {} });
  return startServer("18", undefined);
}

/** The oldest PostgreSQL the warehouse supports, where the machine has it. Its absence is told, not passed over. */
async function oldest(): Promise<TestServer | undefined> {
  const folder = "/usr/lib/postgresql/15/bin";
  if (existsSync(join(folder, "initdb"))) return startServer("15", folder);
  console.warn("\n!! PostgreSQL 15 is not installed: everything is tested on PostgreSQL 18 only.\n");
  return undefined;
}

async function startServer(version: string, postgresBin: string | undefined): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), `forecastlab-test-${version}-`));
  // As root the server runs as another user, who has to get to its home.
  chmodSync(folder, 0o711);
  const settings = { home: join(folder, "home"), databaseUrl: undefined, postgresBin };
  const server = await openEmbedded(settings, {
    sync: false,
    parameters: { fsync: "off", full_page_writes: "off", shared_buffers: "256MB", max_connections: "200" },
  });
  const maintenance = new URL(server.database.config.connectionString ?? "");
  maintenance.pathname = "/postgres";
  return {
    version,
    url: maintenance.href,
    close: async () => {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function createTemplate(url: string, name: string): Promise<void> {
  await withClient(databaseOf(url), (client) => client.query(`CREATE DATABASE ${name}`));
  const target = new URL(url);
  target.pathname = `/${name}`;
  const folder = new URL("../../migrations/", import.meta.url);
  await withClient(databaseOf(target.href), async (client) => {
    for (const file of readdirSync(folder)
      .filter((f) => f.endsWith(".sql"))
      .sort()) {
      await client.query(readFileSync(new URL(file, folder), "utf8").split("-- down")[0] ?? "");
    }
  });
}

async function dropTemplate(url: string, name: string): Promise<void> {
  await withClient(databaseOf(url), (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
}
