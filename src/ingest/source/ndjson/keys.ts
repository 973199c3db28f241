import { fail } from "../../../errors.ts";
import { utf8BytesOf } from "../decode.ts";
import type { Encoding } from "../encoding.ts";
import type { SourceFile } from "../source-file.ts";
import { type Key, maxNames, readJsonLines } from "./json-lines.ts";

/**
 * The keys of all sound lines of an NDJSON file, in the order of their first occurrence.
 *
 * @throws FILE_EMPTY, JSON_NOT_LINES, FILE_NOT_DECODABLE, FILE_NOT_DECOMPRESSED, FILE_NOT_CSV
 */
export async function readKeys(
  file: SourceFile,
  encoding: Encoding,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const keys: Key[] = [];
  let lines = 0;
  await readJsonLines(utf8BytesOf(file, encoding), keys, {
    record: () => {
      lines++;
      // At once: the members of a line are looked for among all keys.
      if (keys.length <= maxNames) return;
      const problem = `its objects have more than ${maxNames} different keys`;
      throw fail("JSON_NOT_LINES", { path: file.path, problem });
    },
    fault: () => {
      lines++;
    },
    pause: async () => signal?.throwIfAborted(),
  });
  if (lines === 0) throw fail("FILE_EMPTY", { path: file.path });
  if (keys.length > 0) return keys.map(({ name }) => name);
  throw fail("JSON_NOT_LINES", { path: file.path, problem: "none of its lines is an object with keys" });
}
