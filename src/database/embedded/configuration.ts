/** How clients reach the server. */
export type Transport =
  /**
   * Through a unix socket in a folder that only the user of the server can enter. With a port also through that port of the
   * loopback interface, with a password.
   */
  | { readonly kind: "socket"; readonly folder: string; readonly port?: number | undefined }
  /** Through a port of the loopback interface, with a password, if the system has no unix sockets. */
  | { readonly kind: "loopback"; readonly port: number };

/**
 * The text of `postgresql.conf`. Other parameters have PostgreSQL's defaults. `ALTER SYSTEM` overrides all of them.
 */
export function configurationText(transport: Transport, parameters: Record<string, string>): string {
  const all = {
    listen_addresses: transport.port === undefined ? "" : "127.0.0.1",
    // PostgreSQL names the socket after the port too.
    port: String(transport.port ?? socketPort),
    unix_socket_directories: transport.kind === "socket" ? listed(transport.folder) : "",
    unix_socket_permissions: "0700",
    lc_messages: "C",
    timezone: "UTC",
    log_timezone: "UTC",
    log_line_prefix: "%m [%p] ",
    cluster_name: "forecastlab",
    ...parameters,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${quoted(value)}`);
  return `# Overwritten at every start. Use ALTER SYSTEM to change a parameter permanently.\n${lines.join("\n")}\n`;
}

/**
 * The text of `pg_hba.conf`. Through the socket everybody may log in who can reach it: only the user of the server and root
 * can enter its folder (mode 0700), and the kernel checks that at each connection. `peer` would compare user names, and refuse
 * root if the server runs as another user. A password would be in a file that the same users can read, and would only add a
 * secret to every connection string. The loopback interface is open to every user of the machine, so it needs the password.
 */
export function authenticationText(transport: Transport): string {
  const socket = transport.kind === "socket" ? "local all all trust\nlocal replication all trust\n" : "";
  const loopback = transport.port === undefined ? "" : "host all all 127.0.0.1/32 scram-sha-256\n";
  return socket + loopback;
}

/** Without a port to listen on it is only part of the name of the socket file, `.s.PGSQL.5432`. */
const socketPort = 5432;

/** Whether a socket in the folder has a path within the limit of the system: 107 bytes on Linux, 103 on macOS. */
export function fitsSocketPath(folder: string): boolean {
  return Buffer.byteLength(`${folder}/.s.PGSQL.${socketPort}.lock`) <= 103;
}

/** A string in a configuration file. */
function quoted(value: string): string {
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''").replaceAll("\n", "\\n")}'`;
}

/** An element of a list of folders, with any characters in it. */
function listed(folder: string): string {
  return `"${folder.replaceAll('"', '""')}"`;
}
