import { createWriteStream } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Engine } from "../../duckdb/engine.ts";
import { fail } from "../../errors.ts";
import { asFileFailure } from "../../system/file-failures.ts";

/** The name of standard input in messages and in `_file`. */
export const standardInput = "standard input";

/**
 * Writes standard input to a file in the engine's folder, because it can be read only once and a load reads its files several times.
 *
 * @returns the file's path
 * @throws INPUT_IS_TERMINAL, FILE_UNWRITABLE
 */
export async function receive(
  engine: Engine,
  input: Readable & { isTTY?: boolean } = process.stdin,
): Promise<string> {
  if (input.isTTY) throw fail("INPUT_IS_TERMINAL", {});
  const path = join(engine.folder, "standard-input");
  const file = createWriteStream(path, { flags: "wx", mode: 0o600 });
  try {
    await pipeline(input, file, { signal: engine.signal });
  } catch (error) {
    engine.signal?.throwIfAborted();
    throw asFileFailure(error, standardInput, "read");
  }
  return path;
}
