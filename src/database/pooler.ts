import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { fail } from "../errors.ts";
import { disconnect } from "./disconnect.ts";
import { quoteIdentifier } from "./identifiers.ts";

/*
 * A connection pooler may give every transaction of a connection to another session of the server. Locks, temporary tables and
 * settings would then be left in sessions of other clients. PostgreSQL tells its process id when a connection is opened and when
 * it is asked; a pooler has to invent the first. So a plain connection costs nothing here, and only a pooled one is examined.
 */

/** Whether there is a pooler between the connection and the session that answered with this process id. */
export function isPooled(client: pg.Client, pid: number): boolean {
  return (client as { processID?: number | null }).processID !== pid;
}

/**
 * Passes only if the pooler keeps one session of the server for the whole connection. Everything but proof of that is a refusal:
 *
 * - while another connection holds a session in a transaction, the connection must still have its own;
 * - a notification must reach it while it is idle. Only a session that belongs to the connection while it is idle passes one on.
 *
 * Neither disturbs other clients of the pooler.
 *
 * @param pid of the session that answered first
 * @param connectAnother opens another connection to the same place
 * @throws DATABASE_POOLER_UNSUPPORTED, DATABASE_POOL_TOO_SMALL
 */
export async function requireOwnSession(
  client: pg.Client,
  pid: number,
  server: string,
  connectAnother: () => pg.Client,
): Promise<void> {
  const refusal = (mode: string) => fail("DATABASE_POOLER_UNSUPPORTED", { server, mode });
  const other = connectAnother();
  other.on("error", () => {});
  let otherPid: number | undefined;
  try {
    otherPid = await inTime(begin(other), secondLimit_ms);
    if (otherPid === undefined) {
      throw fail("DATABASE_POOL_TOO_SMALL", { server, limit: secondLimit_ms / 1000 });
    }
    // If the other connection has taken the only session there is, this one does not answer.
    const isOwn = otherPid !== pid && (await inTime(pidOf(client), answerLimit_ms)) === pid;
    if (!isOwn || !(await hearsWhenIdle(client, other))) throw refusal("transaction");
  } catch (error) {
    throw /pooling mode/.test((error as Error).message) ? refusal("statement") : error;
  } finally {
    // A pooler without a free session answers nothing, not even a goodbye.
    if (otherPid !== undefined) await inTime(other.query("ROLLBACK"), answerLimit_ms).catch(() => {});
    await disconnect(other, otherPid === undefined ? 0 : answerLimit_ms);
  }
}

const secondLimit_ms = 5_000;
const answerLimit_ms = 2_000;

async function begin(other: pg.Client): Promise<number | undefined> {
  await other.connect();
  await other.query("BEGIN");
  return pidOf(other);
}

async function pidOf(client: pg.Client): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  return rows[0]?.pid;
}

/** The result of the work, or undefined after the time; what the work does later is ignored. */
async function inTime<T>(work: Promise<T>, limit_ms: number): Promise<T | undefined> {
  work.catch(() => {});
  const timer = new AbortController();
  const timeout = sleep(limit_ms, undefined, { signal: timer.signal }).catch(() => undefined);
  return Promise.race([work, timeout]).finally(() => timer.abort());
}

async function hearsWhenIdle(client: pg.Client, other: pg.Client): Promise<boolean> {
  const channel = `forecastlab_${randomBytes(12).toString("hex")}`;
  let notified = () => {};
  const heard = new Promise<true>((resolve) => {
    notified = () => resolve(true);
  });
  client.on("notification", notified);
  try {
    await client.query(`LISTEN ${quoteIdentifier(channel)}`);
    await other.query("SELECT pg_notify($1, '')", [channel]);
    await other.query("COMMIT");
    return (await inTime(heard, answerLimit_ms)) === true;
  } finally {
    client.off("notification", notified);
    await client.query(`UNLISTEN ${quoteIdentifier(channel)}`).catch(() => {});
  }
}
