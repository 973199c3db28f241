import type { ClientConfig } from "pg";
import * as kinds from "../system/arguments.ts";

/** A database that can be connected to. Its config may hold a password; `label` never does. */
export interface Database {
  /** `host:port/database`, or the socket folder: for messages. */
  readonly label: string;
  readonly config: ClientConfig;
}

/**
 * The database of a connection string. Nothing is connected to yet.
 *
 * @param url `postgresql://user:password@host:port/database`; a percent-encoded folder as host is that of a Unix socket
 *
 * @example
 * import { databaseOf } from "forecastlab";
 *
 * const database = databaseOf("postgresql://me:secret@localhost:5432/warehouse");
 * console.log(database.label); // localhost:5432/warehouse
 */
export function databaseOf(url: string): Database {
  kinds.requireArguments("databaseOf", { url }, { url: kinds.text });
  const { hostname, port, pathname, searchParams } = new URL(url);
  const host = decodeURIComponent(hostname) || searchParams.get("host") || "localhost";
  return {
    label: `${host}:${port || 5432}/${decodeURIComponent(pathname.slice(1)) || "postgres"}`,
    config: { connectionString: url, application_name: "forecastlab", connectionTimeoutMillis: 10_000 },
  };
}

/** Another database of the same server. */
export function databaseBeside({ label, config }: Database, name: string): Database {
  if (config.connectionString === undefined) return { label, config: { ...config, database: name } };
  const url = new URL(config.connectionString);
  url.pathname = `/${encodeURIComponent(name)}`;
  return { label, config: { ...config, connectionString: url.href } };
}

/** The connection string with `***` in place of the password, to be shown. */
export function maskPassword(url: string): string {
  const masked = new URL(url);
  if (masked.password !== "") masked.password = "***";
  if (masked.searchParams.has("password")) masked.searchParams.set("password", "***");
  return masked.href;
}
