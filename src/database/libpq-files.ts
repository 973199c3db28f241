import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fail } from "../errors.ts";
import { type ConnectionParameters, isParameter } from "./connection-string.ts";

/*
 * The files that libpq reads besides the connection string: `pg_service.conf` and `.pgpass`.
 * https://www.postgresql.org/docs/current/libpq-pgservice.html, https://www.postgresql.org/docs/current/libpq-pgpass.html
 */

/** A file of libpq in the home folder of the user. */
export const homeFile = (environment: NodeJS.ProcessEnv, ...names: string[]) =>
  join(environment.HOME || homedir(), ...names);

/**
 * The parameters of a service, from the file of PGSERVICEFILE or the user's, or from that of the system.
 *
 * @throws SETTING_INVALID if no file has it, or it has a parameter we do not know
 */
export function readService(name: string, environment: NodeJS.ProcessEnv): ConnectionParameters {
  const files = [
    environment.PGSERVICEFILE || homeFile(environment, ".pg_service.conf"),
    join(environment.PGSYSCONFDIR || "/etc/postgresql-common", "pg_service.conf"),
  ];
  for (const file of files) {
    const service = servicesIn(textOf(file) ?? "").get(name);
    if (service === undefined) continue;
    const unknown = Object.keys(service).find((key) => !isParameter(key) || key === "service");
    if (unknown === undefined) return service as ConnectionParameters;
    throw fail("SETTING_INVALID", {
      name: `service ${name}`,
      problem: `${unknown} is not valid there`,
      source: file,
    });
  }
  throw fail("SETTING_INVALID", {
    name: "service",
    problem: `there is no service ${name} in ${files.join(" or ")}`,
    source: "service, PGSERVICE or PGSERVICEFILE",
  });
}

/** The services in the text of a `pg_service.conf`. */
export function servicesIn(text: string): Map<string, Record<string, string>> {
  const services = new Map<string, Record<string, string>>();
  let current: Record<string, string> = {};
  for (const line of text.split(/\r?\n/).map((raw) => raw.trim())) {
    if (line === "" || line.startsWith("#")) continue;
    const name = /^\[(.*)\]$/.exec(line)?.[1];
    if (name !== undefined) {
      current = {};
      // The first one of a name counts.
      if (!services.has(name)) services.set(name, current);
      continue;
    }
    const [, key, value] = /^([^=]*?)\s*=\s*(.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) current[key] ??= value;
  }
  return services;
}

/** What a line of a password file is compared with. */
export interface Login {
  readonly host: string;
  readonly port: string;
  readonly dbname: string;
  readonly user: string;
}

/**
 * The password of a login in the user's password file; undefined if there is none.
 *
 * @throws SETTING_INVALID if there is one, but other users may read the file
 */
export function readPassword(login: Login, passfile: string): string | undefined {
  const password = passwordIn(textOf(passfile) ?? "", login);
  if (password === undefined || process.platform === "win32") return password;
  if ((statSync(passfile).mode & 0o077) === 0) return password;
  throw fail("SETTING_INVALID", {
    name: "passfile",
    problem: `the password file ${passfile} can be read by others`,
    source: `run chmod 600 ${passfile}`,
  });
}

/** The password of the first line in the text of a password file that matches the login. */
export function passwordIn(text: string, { host, port, dbname, user }: Login): string | undefined {
  const hosts = host.startsWith("/") ? [host, "localhost"] : [host];
  for (const line of text.split(/\r?\n/)) {
    const fields = line.startsWith("#") ? null : passwordLine.exec(line)?.slice(1);
    const [lineHost, linePort, lineDatabase, lineUser, password] = (fields ?? []).map((field) =>
      field.replaceAll(/\\(.)/gs, "$1"),
    );
    const matches = (field: string | undefined, values: readonly string[]) =>
      field === "*" || (field !== undefined && values.includes(field));
    const found =
      matches(lineHost, hosts) &&
      matches(linePort, [port]) &&
      matches(lineDatabase, [dbname]) &&
      matches(lineUser, [user]);
    if (found && password) return password;
  }
  return undefined;
}

/** `host:port:database:user:password`; a colon or backslash in a field has a backslash before it. */
const passwordLine = /^((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):(.*)$/s;

/** The text of a file; undefined if there is none that can be read. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
