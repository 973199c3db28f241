import { createInterface } from "node:readline/promises";
import { fail } from "../../errors.ts";
import type { Streams } from "./output.ts";

/**
 * Asks a person. Only yes is yes.
 *
 * @throws USAGE if there is no terminal to ask on
 */
export async function confirmed(
  question: string,
  { stderr }: Streams,
  signal: AbortSignal,
): Promise<boolean> {
  if (!process.stdin.isTTY || !stderr.isTTY) {
    throw fail("USAGE", { problem: "There is no terminal to ask on: --yes does it without a question." });
  }
  const asking = createInterface({ input: process.stdin, output: stderr });
  try {
    return /^y(es)?$/i.test((await asking.question(`${question} [y/N] `, { signal })).trim());
  } finally {
    asking.close();
  }
}
