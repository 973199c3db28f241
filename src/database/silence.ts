import type { Socket } from "node:net";
import type pg from "pg";
import { type ForecastLabError, fail } from "../errors.ts";

/*
 * A network may go silent without closing anything: a pulled cable, a firewall that forgot the connection. TCP notices that
 * late or, through a proxy, never. So a connection that waits for an answer and hears nothing for a while asks the server on
 * another connection whether the statement is still running; and an idle one lets the server hear from it, because the server
 * ends sessions that say nothing (and hold locks) after a while.
 */

/** What another connection found out about a session. */
export type SessionState = "running" | "waiting for us" | "gone" | "no answer";

export interface SilenceLimits {
  /** How long a statement hears nothing before the server is asked about it; 0 switches all of this off. */
  readonly silent_ms: number;
  /** How long an idle connection says nothing. */
  readonly idle_ms: number;
}

/** Half a minute, and a sign of life every minute. The server gives up a session after five minutes. */
export const limitsOf = (silent_ms: number): SilenceLimits => ({ silent_ms, idle_ms: 2 * silent_ms });
export const serverLimit_ms = (silent_ms: number) => 10 * silent_ms;

/**
 * Watches a connection until the returned function is called. If it is found dead, its statement fails with DATABASE_SILENT.
 *
 * @param ask asks the server about the session on another connection
 */
export function watchSilence(
  client: pg.Client,
  server: string,
  { silent_ms, idle_ms }: SilenceLimits,
  ask: () => Promise<SessionState>,
): () => void {
  if (silent_ms === 0) return () => {};
  const stream = () => (client as unknown as { connection: { stream: Socket } }).connection.stream;
  const isBusy = () => (client as unknown as { readyForQuery: boolean | null }).readyForQuery !== true;
  let heard = { bytes: -1, at_ms: performance.now() };
  let suspicions = 0;
  let asking = false;
  let stopped = false;

  const examine = async (silentSince_ms: number) => {
    const state = await ask();
    if (stopped || !isBusy() || heard.at_ms !== silentSince_ms) return;
    const { writableLength, readableLength } = stream();
    // A slow file at our end is no silence: then data waits here.
    const isOurs =
      state === "waiting for us" && (readableLength > 0 || writableLength === 0) && isCopying(client);
    if (state === "running" || isOurs) {
      heard = { ...heard, at_ms: performance.now() };
      suspicions = 0;
      return;
    }
    // The answer may have been on its way: only the second time it is lost.
    suspicions += 1;
    if (state === "waiting for us" && suspicions < 2) return;
    const silent_s = Math.round((performance.now() - silentSince_ms) / 1000);
    stream().destroy(silence(server, silent_s, state));
  };

  const tick = () => {
    const { bytesRead, bytesWritten } = stream();
    const now_ms = performance.now();
    if (bytesRead + bytesWritten !== heard.bytes) {
      heard = { bytes: bytesRead + bytesWritten, at_ms: now_ms };
      suspicions = 0;
    } else if (!isBusy()) {
      if (now_ms - heard.at_ms >= idle_ms) client.query("").catch(() => {});
    } else if (now_ms - heard.at_ms >= silent_ms && !asking) {
      asking = true;
      examine(heard.at_ms).finally(() => {
        asking = false;
      });
    }
  };
  const timer = setInterval(tick, Math.max(50, silent_ms / 6));
  timer.unref();
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}

/** Whether rows go through the connection, so that either end may wait for the other. */
function isCopying(client: pg.Client): boolean {
  const { _activeQuery: query } = client as unknown as { _activeQuery: { text?: string } | null };
  return /^\s*COPY\b/i.test(query?.text ?? "");
}

function silence(server: string, silent_s: number, state: SessionState): ForecastLabError {
  const finding = {
    "no answer": "a second connection gets no answer either",
    gone: "the server has ended the session",
    "waiting for us": "the server has answered or was never reached",
    running: "",
  }[state];
  return fail("DATABASE_SILENT", { server, silent_s, finding });
}
