import { readdirSync, readFileSync } from "node:fs";
import type { TestProject } from "vitest/node";
import { databaseOf, withClient } from "../../src/database/connection.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Connection strings of the maintenance database of each server, by major version. */
    servers: Record<string, string>;
  }
}

/** Starts the servers the integration tests run on and prepares the migrated template each test database is cloned from. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const servers: Record<string, string> = JSON.parse(process.env.FORECASTLAB_TEST_SERVERS ?? "{}");
  for (const url of Object.values(servers)) await prepareTemplate(url);
  project.provide("servers", servers);
  return async () => {};
}

export const templateName = "warehouse_template";

async function prepareTemplate(url: string): Promise<void> {
  const name = `${templateName}_${process.pid}`;
  process.env.FORECASTLAB_TEST_TEMPLATE = name;
  await withClient(databaseOf(url), async (client) => {
    await client.query(`CREATE DATABASE ${name}`);
  });
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
