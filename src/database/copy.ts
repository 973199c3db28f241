import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { from, to } from "pg-copy-streams";
import type { Client } from "./connection.ts";

/* COPY between PostgreSQL and files on this machine: bytes are passed on as they are. */

/** Runs a `COPY … FROM STDIN` with the bytes of a file. @returns how many rows the server took */
export async function copyFromFile(
  client: Client,
  sql: string,
  path: string,
  signal?: AbortSignal,
): Promise<number> {
  const copy = client.query(from(sql));
  await pipeline(createReadStream(path, { highWaterMark: chunkBytes }), copy, { signal });
  return copy.rowCount ?? 0;
}

/** Runs a `COPY … TO STDOUT` into a new file that only this user can read. */
export async function copyToFile(
  client: Client,
  sql: string,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  await pipeline(client.query(to(sql)), createWriteStream(path, { flags: "wx", mode: 0o600 }), { signal });
}

const chunkBytes = 256 * 1024;
