import { spawn } from "node:child_process";
import { fail } from "../../errors.ts";
import type { Context } from "../command.ts";

/**
 * Runs the user's psql on the warehouse's server, which is kept running meanwhile; returns psql's exit code. The address
 * is passed in the environment: arguments can be seen by every user of the machine, and psql's own -h, -d and -U still
 * override it.
 *
 * @throws PSQL_MISSING
 */
export async function runPsql({ settings, environment, signal }: Context, args: string[]): Promise<number> {
  const { withDatabase } = await import("../../database/open.ts");
  return withDatabase(settings, ({ config }) =>
    untilItEnds(
      args,
      { ...environment, ...elsewhere, ...libpqEnvironment(config.connectionString ?? "") },
      signal,
    ),
  );
}

/** What would send psql to another server than the warehouse's, or to it with another server's password. */
const elsewhere = { PGSERVICE: undefined, PGHOSTADDR: undefined, PGPASSWORD: undefined };

function untilItEnds(args: string[], environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<number> {
  // In psql, Ctrl-C cancels a query: psql handles it, and this process must not end before psql does.
  const listeners = process.listeners("SIGINT");
  process.removeAllListeners("SIGINT").on("SIGINT", () => {});
  return new Promise<number>((resolve, reject) => {
    const psql = spawn("psql", args, { stdio: "inherit", env: environment });
    psql.once("error", (error) => reject(fail("PSQL_MISSING", { reason: reasonOf(error) }, error)));
    psql.once("exit", (code) => (signal.aborted ? reject(signal.reason) : resolve(code ?? 1)));
    signal.addEventListener("abort", () => psql.kill());
  }).finally(() => {
    process.removeAllListeners("SIGINT");
    for (const listener of listeners) process.on("SIGINT", listener);
  });
}

const reasonOf = (error: NodeJS.ErrnoException) =>
  error.code === "ENOENT" ? "there is no psql on the PATH" : (error.code ?? error.message);

/** The environment variables of libpq for a connection string. */
export function libpqEnvironment(url: string): Record<string, string> {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const named: [string, string | undefined][] = [
    ["PGHOST", decodeURIComponent(hostname).replace(/^\[(.*)\]$/, "$1")],
    ["PGPORT", port],
    ["PGUSER", decodeURIComponent(username)],
    ["PGPASSWORD", decodeURIComponent(password)],
    ["PGDATABASE", decodeURIComponent(pathname.slice(1))],
  ];
  for (const [name, value] of searchParams) named.push([libpqNames[name] ?? "", value]);
  return Object.fromEntries(named.filter(([name, value]) => name !== "" && value)) as Record<string, string>;
}

const libpqNames: Record<string, string> = {
  host: "PGHOST",
  port: "PGPORT",
  user: "PGUSER",
  password: "PGPASSWORD",
  dbname: "PGDATABASE",
  application_name: "PGAPPNAME",
  connect_timeout: "PGCONNECT_TIMEOUT",
  options: "PGOPTIONS",
  sslmode: "PGSSLMODE",
  sslrootcert: "PGSSLROOTCERT",
  sslcert: "PGSSLCERT",
  sslkey: "PGSSLKEY",
  sslnegotiation: "PGSSLNEGOTIATION",
  channel_binding: "PGCHANNELBINDING",
  target_session_attrs: "PGTARGETSESSIONATTRS",
};
