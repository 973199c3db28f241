/** How clients reach the server. */
export type Transport =
  /** Through a unix socket in a folder only the server's user can enter. */
  | { readonly kind: "socket"; readonly folder: string }
  /** Through a port of the loopback interface, with a password: where there are no unix sockets. */
  | { readonly kind: "loopback"; readonly port: number };

/** `postgresql.conf`, whole: what it does not name has PostgreSQL's default. `ALTER SYSTEM` still has the last word. */
export function configurationText(transport: Transport, parameters: Record<string, string>): string {
  const all = {
    listen_addresses: transport.kind === "socket" ? "" : "127.0.0.1",
    port: transport.kind === "socket" ? String(socketPort) : String(transport.port),
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
  return `# Written anew at every start; ALTER SYSTEM changes a parameter for good.\n${lines.join("\n")}\n`;
}

/**
 * Who may log in. On the socket everybody who can reach it: the folder it stands in belongs to the server's user alone
 * (mode 0700), and the kernel checks that at each connection, for root as well. `peer` would compare user names, and
 * refuse root wherever the server runs as somebody else; a password would have to lie in a file that exactly those can
 * read who can reach the socket, and would only add a secret to every connection string. The loopback interface is open
 * to every user of the machine, so there it takes the password.
 */
export function authenticationText(transport: Transport): string {
  return transport.kind === "socket"
    ? "local all all trust\nlocal replication all trust\n"
    : "host all all 127.0.0.1/32 scram-sha-256\n";
}

/** Only names the socket's file, `.s.PGSQL.5432`. */
const socketPort = 5432;

/** PostgreSQL's limit is 107 bytes for the path of the socket itself on Linux, 103 on macOS. */
export function fitsSocketPath(folder: string): boolean {
  return Buffer.byteLength(`${folder}/.s.PGSQL.${socketPort}.lock`) <= 103;
}

/** A string of a configuration file. */
function quoted(value: string): string {
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''").replaceAll("\n", "\\n")}'`;
}

/** One element of a list of folders, whatever characters it holds. */
function listed(folder: string): string {
  return `"${folder.replaceAll('"', '""')}"`;
}
