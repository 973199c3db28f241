import { jsonText, safeJson } from "../system/visible-text.ts";
import type { ValueKind } from "./columns.ts";

/** A value as JSON text. Decimals and bigints are strings, because a JSON number loses digits in most readers. */
export function jsonOf(kind: ValueKind, value: string | null): string {
  if (value === null) return "null";
  switch (kind) {
    case "boolean":
      return value;
    case "number":
      // NaN and Infinity are not JSON.
      return /^-?\d/.test(value) ? value : jsonText(value);
    case "json":
      // In one line; within strings there are no line ends.
      return safeJson(value.replaceAll(/[\r\n]+/g, " "));
    default:
      return jsonText(value);
  }
}

/** The same value as JavaScript has it. */
export const parsedValue = (kind: ValueKind, value: string | null): unknown =>
  JSON.parse(jsonOf(kind, value));
