import { spawn } from "node:child_process";
import {
  environmentNames,
  type ParameterName,
  parseConnectionString,
} from "../../database/connection-string.ts";
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
  return withDatabase(settings, ({ url }) =>
    untilItEnds(args, { ...environment, ...elsewhere, ...libpqEnvironment(url) }, signal),
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
  const given = Object.entries(parseConnectionString(url)).flatMap(([name, value]) => {
    const variable = environmentNames[name as ParameterName];
    return variable === undefined ? [] : [[variable, value] as const];
  });
  return Object.fromEntries(given);
}
