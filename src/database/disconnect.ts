import type { Socket } from "node:net";
import type pg from "pg";

/**
 * Ends a connection, and drops it if that takes longer than the limit. The driver waits for the end for ever if the network or
 * a pooler is silent by now, and at times after the server refused a certificate: the raw socket's end was before.
 */
export async function disconnect(client: pg.Client, limit_ms = 2000): Promise<void> {
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter & { stream: Socket } };
  const limit = setTimeout(() => {
    connection.stream.destroy();
    connection.emit("end");
  }, limit_ms);
  await client.end().catch(() => {});
  clearTimeout(limit);
}
