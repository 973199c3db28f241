import { createInterface } from "node:readline/promises";
import type { Output, Streams } from "./output.ts";

/** Whether there is a person to ask: both the input and stderr are a terminal. */
export function canAsk({ output, streams }: { readonly output: Output; readonly streams: Streams }): boolean {
  return output.interactive && streams.stdin?.isTTY === true;
}

/**
 * Asks a question on stderr that only `yes` or `y` answers with yes.
 *
 * @throws AbortError when the signal is aborted
 */
export async function confirm(
  question: string,
  { streams, signal }: { readonly streams: Streams; readonly signal: AbortSignal },
): Promise<boolean> {
  if (streams.stdin === undefined) return false;
  // Not as a terminal: in its raw mode, Ctrl-C would not interrupt the command.
  const reader = createInterface({ input: streams.stdin, output: streams.stderr, terminal: false });
  // The end of the input is no answer.
  const ended = new Promise<string>((resolve) => reader.once("close", () => resolve("")));
  try {
    const answer = await Promise.race([reader.question(`${question} [y/N] `, { signal }), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    reader.close();
  }
}
