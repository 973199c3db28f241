import { fail } from "../errors.ts";
import { didYouMean } from "../system/did-you-mean.ts";

/*
 * Connection strings as libpq reads them: URLs and lists of `keyword=value`.
 * https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
 */

/** The parameters of libpq that we act on, with their environment variables. */
export const environmentNames = {
  host: "PGHOST",
  hostaddr: "PGHOSTADDR",
  port: "PGPORT",
  dbname: "PGDATABASE",
  user: "PGUSER",
  password: "PGPASSWORD",
  passfile: "PGPASSFILE",
  service: "PGSERVICE",
  connect_timeout: "PGCONNECT_TIMEOUT",
  application_name: "PGAPPNAME",
  fallback_application_name: undefined,
  options: "PGOPTIONS",
  sslmode: "PGSSLMODE",
  sslnegotiation: "PGSSLNEGOTIATION",
  sslrootcert: "PGSSLROOTCERT",
  sslcert: "PGSSLCERT",
  sslkey: "PGSSLKEY",
  sslpassword: undefined,
  ssl_min_protocol_version: "PGSSLMINPROTOCOLVERSION",
  channel_binding: "PGCHANNELBINDING",
  target_session_attrs: "PGTARGETSESSIONATTRS",
  keepalives: undefined,
  keepalives_idle: undefined,
  keepalives_interval: undefined,
  keepalives_count: undefined,
  tcp_user_timeout: undefined,
  client_encoding: undefined,
  gssencmode: "PGGSSENCMODE",
  load_balance_hosts: "PGLOADBALANCEHOSTS",
  sslcompression: undefined,
  sslsni: undefined,
} as const satisfies Record<string, string | undefined>;

export type ParameterName = keyof typeof environmentNames;

/** Parameters that were given; the others have their defaults. */
export type ConnectionParameters = Readonly<Partial<Record<ParameterName, string>>>;

export const parameterNames = Object.keys(environmentNames) as ParameterName[];

/** What the parameters with few values may be. */
const validValues: Partial<Record<ParameterName, readonly string[]>> = {
  sslmode: ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
  sslnegotiation: ["postgres", "direct"],
  ssl_min_protocol_version: ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"],
  channel_binding: ["disable", "prefer", "require"],
  target_session_attrs: ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"],
  keepalives: ["0", "1"],
  client_encoding: ["utf8", "UTF8", "utf-8", "UTF-8", "auto"],
  gssencmode: ["disable", "prefer"],
  load_balance_hosts: ["disable"],
  sslcompression: ["0"],
  sslsni: ["1"],
};

const numbers: readonly ParameterName[] = [
  "connect_timeout",
  "keepalives_idle",
  "keepalives_interval",
  "keepalives_count",
  "tcp_user_timeout",
];

/**
 * The parameters of a connection string.
 *
 * @param name of the setting, for the error
 * @throws SETTING_INVALID; it contains nothing of the string but names of parameters, since a password may be anywhere
 */
export function parseConnectionString(text: string, name = "DATABASE_URL"): ConnectionParameters {
  const refuse: Refuse = (problem) => fail("SETTING_INVALID", { name, problem, source: name });
  const scheme = /^postgres(?:ql)?:\/\//.exec(text)?.[0];
  if (scheme !== undefined) return checked(ofUrl(text.slice(scheme.length), refuse), refuse);
  if (/^\s*\w+\s*=/.test(text)) return checked(ofKeywords(text, refuse), refuse);
  throw refuse(
    "it must read postgresql://user:password@host:port/database, with special characters percent-encoded, or host=… dbname=…",
  );
}

type Refuse = (problem: string) => Error;

function ofUrl(text: string, refuse: Refuse): [string, string][] {
  // As in libpq, what comes before the first @ or / is the user, if it ends with @.
  const userinfo = /^[^@/]*@/.exec(text)?.[0];
  const { hosts, path, query } =
    /^(?<hosts>[^/?]*)(?<path>\/[^?]*)?(?<query>\?.*)?$/s.exec(text.slice(userinfo?.length ?? 0))?.groups ??
    {};
  const decode = (part: string, what: string) => decoded(part, what, refuse);
  const found: [string, string][] = [];
  if (userinfo !== undefined) {
    const { user, password } = /^(?<user>[^:]*)(?::(?<password>.*))?@$/s.exec(userinfo)?.groups ?? {};
    found.push(["user", decode(user ?? "", "user")], ["password", decode(password ?? "", "password")]);
  }
  if (/\s/.test(hosts ?? "")) throw refuse("the host has a blank");
  const servers = (hosts ?? "").split(",").map((server) => {
    const parts = /^(?:\[(?<ip>[^\]]*)\]|(?<host>[^:]*))(?::(?<port>[^:]*))?$/.exec(server)?.groups;
    if (parts === undefined)
      throw refuse("a host with colons, such as an IPv6 address, must be in [brackets]");
    return { host: decode(parts.ip ?? parts.host ?? "", "host"), port: decode(parts.port ?? "", "port") };
  });
  found.push(["host", servers.map(({ host }) => host).join(",")]);
  found.push(["port", servers.map(({ port }) => port).join(",")]);
  found.push(["dbname", decode(path?.slice(1) ?? "", "database")]);
  for (const pair of (query ?? "?").slice(1).split("&").filter(Boolean)) {
    const [, key, value] = /^([^=]*)=(.*)$/s.exec(pair) ?? [];
    if (key === undefined || value === undefined) throw refuse("a parameter after ? has no = and value");
    const parameter = decode(key, "parameter");
    // Programs that write URLs encode a blank as +, which means nothing in options.
    const text = parameter === "options" ? value.replaceAll("+", "%20") : value;
    found.push([parameter, decode(text, parameter)]);
  }
  // Only commas: no host, or no port, was given at all.
  return found.filter(([key, value]) =>
    key === "host" || key === "port" ? /[^,]/.test(value) : value !== "",
  );
}

function decoded(text: string, what: string, refuse: Refuse): string {
  let plain: string;
  try {
    plain = decodeURIComponent(text);
  } catch {
    throw refuse(`the ${what} has a % that does not begin a percent-encoded character; write %25`);
  }
  if (plain.includes("\0")) throw refuse(`the ${what} has a NUL character`);
  return plain;
}

function ofKeywords(text: string, refuse: Refuse): [string, string][] {
  const found: [string, string][] = [];
  const pair =
    /\s*(?<key>[^\s=]+)\s*=\s*(?:'(?<quoted>(?:[^'\\]|\\.)*)'|(?<plain>(?:[^\s'\\]|\\.)(?:[^\s\\]|\\.)*)?)(?=\s|$)\s*/sy;
  while (pair.lastIndex < text.length) {
    const { key, quoted, plain } = pair.exec(text)?.groups ?? {};
    if (key === undefined) {
      throw refuse("it is not a list of keyword=value; a value with blanks must be in 'single quotes'");
    }
    found.push([key, (quoted ?? plain ?? "").replaceAll(/\\(.)/gs, "$1")]);
  }
  return found.filter(([, value]) => value !== "");
}

/** The parameters, the last one of each name, if all of them are known and have valid values. */
function checked(found: readonly (readonly [string, string])[], refuse: Refuse): ConnectionParameters {
  const parameters: Partial<Record<ParameterName, string>> = {};
  for (const [key, value] of found) {
    // As JDBC writes it; libpq accepts it too.
    if (key === "ssl" && value === "true") parameters.sslmode = "require";
    else if (isParameter(key)) parameters[key] = value;
    else throw refuse(unknownParameter(key));
  }
  requireValid(parameters, refuse);
  return parameters;
}

export const isParameter = (key: string): key is ParameterName => Object.hasOwn(environmentNames, key);

function unknownParameter(key: string): string {
  const hint = didYouMean(key, parameterNames);
  const shown = /^[\w-]{1,40}$/.test(key) ? key : "of such a name";
  return `there is no parameter ${shown}${hint === undefined ? "" : ` (${hint})`}; valid are ${parameterNames.join(", ")}`;
}

/** Checks the values of parameters. @throws what `refuse` makes of the first problem */
export function requireValid(parameters: ConnectionParameters, refuse: Refuse): void {
  for (const [key, values] of Object.entries(validValues)) {
    const value = parameters[key as ParameterName];
    if (value !== undefined && !values.includes(value)) {
      throw refuse(`${key} must be ${values.join(", ")}`);
    }
  }
  for (const key of numbers) {
    const value = parameters[key];
    if (value !== undefined && !/^\d{1,9}$/.test(value)) throw refuse(`${key} must be a whole number`);
  }
  const hosts = (parameters.host ?? parameters.hostaddr ?? "").split(",").length;
  const ports = (parameters.port ?? "").split(",");
  if (
    !ports.every(
      (port) => port === "" || (/^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65_536),
    )
  ) {
    throw refuse("port must be a number from 1 to 65535, or one for each host");
  }
  if (ports.length > 1 && ports.length !== hosts) {
    throw refuse(`there are ${ports.length} ports for ${hosts} hosts`);
  }
  if (parameters.hostaddr !== undefined && parameters.hostaddr.split(",").length !== hosts) {
    throw refuse("hostaddr must have as many addresses as host has names");
  }
}

/**
 * The URL of parameters.
 *
 * @param socket where the folder of a socket is: as `query` in `?host=`, which all drivers read, or as `host`, percent-encoded,
 * which `new URL` reads too
 */
export function urlOf(parameters: ConnectionParameters, socket: "query" | "host" = "query"): string {
  const { user, password, host = "", port = "", dbname, ...others } = parameters;
  const hosts = host.split(",");
  const ports = port.split(",");
  const inQuery = socket === "query" && hosts.some((name) => name.startsWith("/") || name.startsWith("@"));
  const encode = encodeURIComponent;
  const servers = hosts.map((name, index) => {
    const number = (ports.length === 1 ? ports[0] : ports[index]) || "";
    const shown = name.includes(":") && !name.startsWith("/") ? `[${name}]` : encode(name);
    return `${shown}${number === "" ? "" : `:${number}`}`;
  });
  const login =
    user === undefined && password === undefined
      ? ""
      : `${encode(user ?? "")}${password === undefined ? "" : `:${encode(password)}`}@`;
  const query = Object.entries(inQuery ? { host, port, ...others } : others)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([key, value]) => `${key}=${encode(value).replaceAll("%2F", "/").replaceAll("%2C", ",")}`);
  const path = dbname === undefined ? (inQuery || query.length > 0 ? "/" : "") : `/${encode(dbname)}`;
  return `postgresql://${login}${inQuery ? "" : servers.join(",")}${path}${query.length > 0 ? `?${query.join("&")}` : ""}`;
}
