import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { from, to } from "pg-copy-streams";
import type { Client } from "./connection.ts";

/* COPY between PostgreSQL and files on this machine. Bytes are passed on unchanged. */

/** Runs a `COPY … FROM STDIN` with the bytes of a file. @returns how many rows the server took */
export async function copyFromFile(
  client: Client,
  sql: string,
  path: string,
  signal?: AbortSignal,
): Promise<number> {
  const copy = client.query(from(sql));
  await passOn(createReadStream(path, { highWaterMark: chunkBytes }), copy, signal);
  return copy.rowCount ?? 0;
}

/** Runs a `COPY … TO STDOUT` into a new file that only this user can read. */
export async function copyToFile(
  client: Client,
  sql: string,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  await passOn(client.query(to(sql)), createWriteStream(path, { flags: "wx", mode: 0o600 }), signal);
}

/** Once the signal is aborted, the error is the signal's reason, not that of the streams. */
async function passOn(
  source: NodeJS.ReadableStream,
  target: NodeJS.WritableStream,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await pipeline(source, target, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

const chunkBytes = 256 * 1024;
