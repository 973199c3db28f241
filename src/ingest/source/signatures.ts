import { basename } from "node:path";
import { fail } from "../../errors.ts";

/** What a file holds: the formats that loads read. */
export type Kind = "csv" | "parquet" | "ndjson";

/**
 * The kind of a file, told by its first bytes (decompressed); its name decides only where they leave it open. Everything
 * else is taken for CSV, whose reader says what it finds instead.
 *
 * @throws JSON_NOT_LINES for a JSON array
 */
export function kindOf(path: string, head: Buffer): Kind {
  const start = head.toString("latin1", 0, 4096);
  // PARE: its footer is encrypted, which is told when it is read.
  if (/^PAR[1E]/.test(start)) return "parquet";
  const text = textOf(head).trimStart();
  if (text.startsWith("{")) return "ndjson";
  const named = nameOf(path);
  if (/^\[\s*[{\]]/.test(text) || (text.startsWith("[") && named === "ndjson")) {
    throw fail("JSON_NOT_LINES", { path, problem: "it is one array" });
  }
  return text === "" ? "csv" : (named ?? "csv");
}

function nameOf(path: string): Kind | undefined {
  const name = basename(path).replace(/\.(gz|gzip|zst|zstd)$/i, "");
  if (/\.(parquet|pq)$/i.test(name)) return "parquet";
  return /\.(ndjson|jsonl|json)$/i.test(name) ? "ndjson" : undefined;
}

/** The first characters, whatever Unicode encoding a byte order mark names. */
function textOf(head: Buffer): string {
  const start = head.subarray(0, 4096);
  const utf16 = start[0] === 0xff && start[1] === 0xfe ? "utf-16le" : "utf-16be";
  const marked = (start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff);
  return new TextDecoder(marked ? utf16 : "utf-8").decode(start);
}
