import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { databaseBeside, databaseOf, withClient } from "../../src/database/connection.ts";
import { embeddedStatus, openEmbedded } from "../../src/database/embedded/index.ts";
import { upgrade } from "../../src/migration/index.ts";
import { removeFolder, temporaryDataFolder } from "./temporary.ts";

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
  const started = await Promise.allSettled([newest(), oldest()]);
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
  console.warn(`
!! PostgreSQL 15, the oldest the warehouse supports, is not installed (${folder}):
!! everything is tested on one server only. On Debian 12: apt install postgresql-15
`);
  return undefined;
}

async function startServer(version: string, postgresBin: string | undefined): Promise<TestServer> {
  const folder = temporaryDataFolder(`forecastlab-test-${version}-`);
  const settings = { home: join(folder, "home"), postgresBin };
  try {
    const server = await openEmbedded(settings, { sync: false, parameters });
    const { pid } = await embeddedStatus(settings);
    // For a run that ends without a teardown.
    const abandon = () => {
      if (pid !== undefined) process.kill(pid, "SIGQUIT");
      removeFolder(folder);
    };
    process.once("exit", abandon);
    const close = async () => {
      process.off("exit", abandon);
      await server.close();
      removeFolder(folder);
    };
    const maintenance = databaseBeside(server.database, "postgres");
    return { version, url: maintenance.url, close };
  } catch (error) {
    removeFolder(folder);
    throw error;
  }
}

/** Nothing here has to outlive a power cut. */
const parameters = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  shared_buffers: "256MB",
  max_connections: "200",
};

async function createTemplate(url: string, name: string): Promise<void> {
  await withClient(databaseOf(url), (client) => client.query(`CREATE DATABASE ${name}`));
  await upgrade(databaseBeside(databaseOf(url), name));
}

async function dropTemplate(url: string, name: string): Promise<void> {
  await withClient(databaseOf(url), (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
}
