import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import type { ClientConfig } from "pg";
import { fail } from "../errors.ts";
import * as kinds from "../system/arguments.ts";
import {
  type ConnectionParameters,
  environmentNames,
  type ParameterName,
  parameterNames,
  parseConnectionString,
  requireValid,
  urlOf,
} from "./connection-string.ts";
import { homeFile, readPassword, readService } from "./libpq-files.ts";
import { tlsAttempts } from "./tls.ts";

/** A database that can be connected to. Its URL and configurations may hold a password; `label` never does. */
export interface Database {
  /** `host:port/database`, where the host may be the folder of a socket; several are separated by commas. For messages. */
  readonly label: string;
  /** The connection string with everything that the environment and files of libpq added. */
  readonly url: string;
  /** Ways to connect, tried in their order: one per host, and one more where TLS is optional. */
  readonly routes: readonly [Route, ...Route[]];
  /** The kind of server among them that is wanted; any by default. */
  readonly role: string;
}

/** One way to connect. */
export interface Route {
  /** `host:port/database` */
  readonly label: string;
  readonly config: ClientConfig;
  /** Whether the connection must prove that nobody is between it and the server. */
  readonly channelBinding: boolean;
  /** How long a statement hears nothing before the server is asked about it: `tcp_user_timeout`; 0 is for ever. */
  readonly silent_ms: number;
  /** What the server does to notice that this machine is gone; undefined with `keepalives=0`. */
  readonly keepalives:
    | { readonly idle_s: number; readonly interval_s: number; readonly count: number }
    | undefined;
}

/**
 * The database of a connection string, as libpq understands it: a URL or `keyword=value`. What it leaves out is taken from the
 * service it names, then from the PG… environment variables, then from the password file and the defaults of libpq. Nothing is
 * connected to yet.
 *
 * @param text `postgresql://user:password@host:port/database`, `postgresql:///database?host=/folder`, `host=… dbname=…` or
 * `service=…`
 * @param environment of PGHOST and its siblings; default: that of the process
 * @throws SETTING_INVALID
 *
 * @example
 * import { databaseOf } from "forecastlab";
 *
 * const database = databaseOf("postgresql://me:secret@localhost:5432/warehouse");
 * console.log(database.label); // localhost:5432/warehouse
 */
export function databaseOf(text: string, environment: NodeJS.ProcessEnv = process.env): Database {
  kinds.requireArguments("databaseOf", { url: text }, { url: kinds.text });
  const parameters = complete(parseConnectionString(text), environment);
  const hosts = parameters.host.split(",");
  const routes = hosts.flatMap((_, index) => routesTo(parameters, index, environment));
  const [first, ...others] = routes;
  if (first === undefined) throw fail("INTERNAL", { reason: "a connection string without a host" });
  const { hostaddr, sslmode, ...rest } = parameters;
  return {
    label: labelOf(routes),
    url: urlOf({ ...rest, hostaddr, sslmode } as ConnectionParameters, "host"),
    routes: [first, ...others],
    role: parameters.target_session_attrs ?? "any",
  };
}

/** Another database of the same server. */
export function databaseBeside(database: Database, name: string): Database {
  const beside = (route: Route): Route => {
    const server = route.label.slice(0, route.label.length - (route.config.database?.length ?? 0));
    return { ...route, label: `${server}${name}`, config: { ...route.config, database: name } };
  };
  const [first, ...others] = database.routes;
  const routes = [beside(first), ...others.map(beside)] as const;
  // The embedded server has a label of its own.
  const label = database.label === labelOf(database.routes) ? labelOf(routes) : database.label;
  const url = urlOf({ ...parseConnectionString(database.url), dbname: name }, "host");
  return { ...database, label, url, routes };
}

const labelOf = (routes: readonly Route[]) => [...new Set(routes.map(({ label }) => label))].join(", ");

type Complete = ConnectionParameters & Record<"host" | "port" | "user" | "dbname", string>;

/** The parameters with what the service, the environment and the defaults add. */
function complete(given: ConnectionParameters, environment: NodeJS.ProcessEnv): Complete {
  const service = given.service ?? environment.PGSERVICE;
  const own = service ? { ...readService(service, environment), ...given } : given;
  const surrounding = fromEnvironment(environment);
  // An address belongs to the host it was given with.
  const { hostaddr, ...others } = surrounding;
  const merged: Partial<Record<ParameterName, string>> = {
    ...others,
    ...(own.host === undefined && hostaddr !== undefined ? { hostaddr } : {}),
    ...own,
    service: undefined as unknown as string,
  };
  delete merged.service;
  requireValid(merged, (problem) =>
    fail("SETTING_INVALID", {
      name: "of the connection",
      problem,
      source: "the service file or the PG… environment variables",
    }),
  );
  const user = merged.user ?? userName();
  const port = merged.port ?? "5432";
  const host = (merged.host ?? merged.hostaddr ?? "")
    .split(",")
    .map((name, index) => name || defaultHost(portOf(port, index)))
    .join(",");
  return { ...merged, user, host, port, dbname: merged.dbname ?? user };
}

function fromEnvironment(environment: NodeJS.ProcessEnv): ConnectionParameters {
  const found = parameterNames.flatMap((name) => {
    const variable = environmentNames[name];
    const value = variable === undefined ? undefined : environment[variable];
    return value ? [[name, value] as const] : [];
  });
  return Object.fromEntries(found);
}

const portOf = (ports: string, index: number) => {
  const list = ports.split(",");
  return (list.length === 1 ? list[0] : list[index]) || "5432";
};

/** The folder of a socket where libpq looks for one, else the loopback interface. */
function defaultHost(port: string): string {
  const folders = process.platform === "win32" ? [] : ["/var/run/postgresql", "/tmp"];
  return folders.find((folder) => existsSync(`${folder}/.s.PGSQL.${port}`)) ?? "localhost";
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a user without a name.
    return "postgres";
  }
}

function routesTo(parameters: Complete, index: number, environment: NodeJS.ProcessEnv): Route[] {
  const { user, dbname } = parameters;
  const host = parameters.host.split(",")[index] ?? "";
  const port = portOf(parameters.port, index);
  const address = parameters.hostaddr?.split(",")[index] || host;
  const passfile = parameters.passfile ?? environment.PGPASSFILE ?? homeFile(environment, ".pgpass");
  const password = parameters.password ?? readPassword({ host, port, dbname, user }, passfile);
  const keepalives =
    parameters.keepalives === "0"
      ? undefined
      : {
          idle_s: Number(parameters.keepalives_idle ?? 30),
          interval_s: Number(parameters.keepalives_interval ?? 10),
          count: Number(parameters.keepalives_count ?? 3),
        };
  const common: ClientConfig = {
    host: address,
    port: Number(port),
    user,
    database: dbname,
    // A function keeps the driver from looking for passwords by itself.
    password: password ?? (() => undefined as unknown as string),
    application_name: parameters.application_name ?? parameters.fallback_application_name ?? "forecastlab",
    connectionTimeoutMillis: Number(parameters.connect_timeout ?? 10) * 1000,
    keepAlive: keepalives !== undefined,
    keepAliveInitialDelayMillis: 1000 * (keepalives?.idle_s ?? 0),
    ...(parameters.options === undefined ? {} : { options: parameters.options }),
    ...(parameters.sslnegotiation === "direct" ? { sslnegotiation: "direct" } : {}),
    ...(parameters.channel_binding === "require" ? { enableChannelBinding: true } : {}),
  };
  const channelBinding = parameters.channel_binding === "require";
  return tlsAttempts(parameters, host, environment)
    .filter((ssl) => ssl !== false || !channelBinding)
    .map((ssl) => ({
      label: `${host}:${port}/${dbname}`,
      config: { ...common, ssl },
      channelBinding,
      silent_ms: Number(parameters.tcp_user_timeout ?? 30_000),
      keepalives,
    }));
}

/** The connection string as it is passed on to other programs: a URL that all drivers read. */
export function shownUrl(database: Database): string {
  return urlOf(parseConnectionString(database.url), "query");
}
