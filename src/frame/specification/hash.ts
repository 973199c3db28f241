import { sha256OfText } from "../../system/digest.ts";
import type { FrameSpec } from "./types.ts";

/** SHA-256, in hex, of a spec's JSON with its keys in alphabetical order: what tells that two frames hold the same. */
export function specHash(spec: FrameSpec): string {
  return sha256OfText(JSON.stringify(spec, sortedKeys));
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
