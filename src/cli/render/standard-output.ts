import { once } from "node:events";
import type { Sink } from "../../query/index.ts";
import { visible } from "../../system/visible-text.ts";

/**
 * Writes pieces of a result to standard output, as fast as it takes them. On a terminal, text is written with control characters
 * made visible. Ends early if the reader has closed the pipe (`| head`).
 */
export function standardOutput(stdout: NodeJS.WriteStream, signal: AbortSignal): Sink<void> {
  return async (pieces) => {
    const decoder = new TextDecoder();
    for await (const piece of pieces) {
      const shown = stdout.isTTY ? visibleLines(decoder.decode(piece, { stream: true })) : piece;
      if (!stdout.write(shown)) await drained(stdout, signal);
      if (isClosed(stdout)) return;
    }
  };
}

/** Waits until a stream takes more, or is closed. */
export async function drained(stream: NodeJS.WriteStream, signal?: AbortSignal): Promise<void> {
  if (!stream.writableNeedDrain || isClosed(stream)) return;
  const ended = new AbortController();
  const both = signal === undefined ? ended.signal : AbortSignal.any([signal, ended.signal]);
  try {
    await Promise.race([
      once(stream, "drain", { signal: both }),
      // A pipe whose reader is gone never drains.
      once(stream, "close", { signal: both }),
    ]);
  } catch {
    signal?.throwIfAborted();
  } finally {
    ended.abort();
  }
}

export const isClosed = (stream: NodeJS.WriteStream): boolean => stream.destroyed || stream.errored !== null;

const visibleLines = (text: string) => text.split("\n").map(visible).join("\n");
