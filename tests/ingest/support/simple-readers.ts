import { isUtf8 } from "node:buffer";

/* The meaning of files, found in another way than by the loader: with regular expressions and JSON.parse. */

export interface Contents {
  /** [record, values…] of each sound record; an empty field is null. */
  readonly rows: (number | string | null)[][];
  /** Numbers of the faulty records. */
  readonly faulty: number[];
}

/** The meaning of CSV bytes without a byte order mark, with so many fields in a sound record. */
export function contentsOfCsv(bytes: Buffer, fields: number, delimiter = ","): Contents {
  // As one-byte characters, so that positions are those of bytes.
  const text = bytes.toString("latin1");
  const d = delimiter.replace(/[|.^$*+?()[\]{}\\]/, "\\$&");
  const field = new RegExp(`"((?:[^"]|"")*)"|([^"${d}\\r\\n][^${d}\\r\\n]*)|`, "y");
  const contents: Contents = { rows: [], faulty: [] };
  let [at, record] = [0, 0];
  while (at < text.length) {
    const lineEnd = /\r\n|\r|\n/y;
    lineEnd.lastIndex = at;
    if (lineEnd.test(text)) {
      at = lineEnd.lastIndex;
      continue;
    }
    const values: (string | null)[] = [];
    let end = at;
    for (;;) {
      field.lastIndex = end;
      const [whole = "", quoted, plain] = field.exec(text) ?? [];
      values.push(Buffer.from(quoted?.replaceAll('""', '"') ?? plain ?? "", "latin1").toString() || null);
      end += whole.length;
      if (text[end] !== delimiter) break;
      end++;
    }
    const closed = end === text.length || /[\r\n]/.test(text[end] ?? "");
    const next = closed ? end : at + (/[\r\n]|$/.exec(text.slice(at))?.index ?? 0);
    const textual = isText(bytes.subarray(at, next));
    if (closed && textual && values.length === fields) contents.rows.push([record, ...values]);
    else if (record > 0) contents.faulty.push(record);
    record++;
    at = next;
  }
  return contents;
}

/**
 * The meaning of NDJSON bytes: each sound line as a map from its keys, trimmed and in lower case, to values as text; null for
 * a faulty line.
 */
export function linesOfNdjson(bytes: Buffer): (Map<string, string | null> | null)[] {
  const lines: (Map<string, string | null> | null)[] = [];
  for (const latin1 of bytes.toString("latin1").split("\n")) {
    if (/^[ \t\r]*$/.test(latin1)) continue;
    const line = Buffer.from(latin1, "latin1");
    lines.push(isText(line) ? membersOf(line.toString()) : null);
  }
  return lines;
}

function membersOf(line: string): Map<string, string | null> | null {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  } catch {
    return null;
  }
  const members = new Map<string, string | null>();
  // JSON.parse found the line to be valid, so its tokens are enough: the texts of top-level keys and values.
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g;
  let [depth, start, key, isKey] = [0, 0, "", true];
  for (let token = tokens.exec(line); token !== null; token = tokens.exec(line)) {
    const [text] = token;
    if (text.startsWith('"') && textOf(text) === undefined) return null;
    if (depth === 1 && text === ":") [isKey, start] = [false, -1];
    else if (depth === 1 && isKey && text.startsWith('"')) {
      key = (textOf(text) as string).trim().toLowerCase();
      if (members.has(key)) return null;
    } else if (depth === 1 && !isKey && text !== "," && text !== "}") {
      if (start === -1) start = token.index;
      const isWhole = text !== "{" && text !== "[";
      if (isWhole) {
        const value = text.startsWith('"') ? textOf(text) : text;
        members.set(key, text === "null" || value === "" ? null : (value as string));
      }
    } else if (depth === 2 && (text === "}" || text === "]")) {
      members.set(key, line.slice(start, token.index + 1));
    }
    if (depth === 1 && text === ",") isKey = true;
    if (text === "{" || text === "[") depth++;
    if (text === "}" || text === "]") depth--;
  }
  return members;
}

/** The text of a JSON string; undefined if it cannot be stored: it has a NUL character or half of a surrogate pair. */
function textOf(json: string): string | undefined {
  const text = JSON.parse(json) as string;
  return text.includes("\0") || /\p{Surrogate}/u.test(text) ? undefined : text;
}

const isText = (bytes: Buffer) => isUtf8(bytes) && !bytes.includes(0);
