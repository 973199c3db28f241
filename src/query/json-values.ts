import type { ValueKind } from "./columns.ts";

/** A value as JSON text. Decimals and bigints are strings, because a JSON number loses digits in most readers. */
export function jsonOf(kind: ValueKind, value: string | null): string {
  if (value === null) return "null";
  switch (kind) {
    case "boolean":
      return value;
    case "number":
      // NaN and Infinity are not JSON.
      return /^-?\d/.test(value) ? value : quoted(value);
    case "json":
      // In one line; within strings there are no line ends.
      return printable(value.replaceAll(/[\r\n]+/g, " "));
    default:
      return quoted(value);
  }
}

/** The same value as JavaScript has it. */
export const parsedValue = (kind: ValueKind, value: string | null): unknown =>
  JSON.parse(jsonOf(kind, value));

export const quoted = (text: string): string => printable(JSON.stringify(text));

/** Characters that steer a terminal or hide in a text are escaped, which JSON allows within strings. */
const printable = (json: string): string =>
  json.replaceAll(
    /[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
