import { connect, createServer, type Server, type Socket } from "node:net";
import { type Database, databaseOf } from "../../../src/database/connection.ts";
import { urlOf } from "../../support/warehouse.ts";

export interface SilentProxy {
  /** The database as it is reached through the proxy. */
  readonly database: Database;
  /** From now on nothing is passed on, and nothing is closed: a pulled cable. */
  goSilent(): void;
}

/**
 * Runs the work with a database behind a proxy that can go silent.
 *
 * @param query parameters of the connection string
 */
export async function withSilentProxy<T>(
  database: Database,
  query: string,
  work: (proxy: SilentProxy) => Promise<T>,
): Promise<T> {
  const url = new URL(urlOf(database));
  const path = `${decodeURIComponent(url.hostname)}/.s.PGSQL.${url.port || 5432}`;
  let silent = false;
  const sockets: Socket[] = [];
  const proxy: Server = createServer((client) => {
    const server = connect(path);
    sockets.push(client, server);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on("data", (data) => !silent && to.write(data));
      from.on("error", () => {});
      from.on("close", () => !silent && to.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = proxy.address();
  const port = typeof address === "object" ? address?.port : 0;
  try {
    return await work({
      database: databaseOf(
        `postgresql://${url.username}@127.0.0.1:${port}${url.pathname}?sslmode=disable&${query}`,
      ),
      goSilent: () => {
        silent = true;
      },
    });
  } finally {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  }
}
