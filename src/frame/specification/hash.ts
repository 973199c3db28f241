import * as kinds from "../../system/arguments.ts";
import { sha256OfText } from "../../system/digest.ts";
import type { FrameSpec } from "./types.ts";

/**
 * The hash of a spec, as in the manifest: frames of equal specs have the same hash.
 *
 * @returns SHA-256 in hex of the JSON of the spec, with its keys in alphabetical order
 * @example
 * import { readSpec, resolveSpec, specHash } from "forecastlab";
 *
 * const horizon = 28;
 * const [one, other] = [await readSpec("one.yaml"), await readSpec("other.yaml")];
 * console.log(specHash(resolveSpec(one, horizon)) === specHash(resolveSpec(other, horizon)));
 */
export function specHash(spec: FrameSpec): string {
  kinds.requireArguments("specHash", { spec }, { spec: kinds.object });
  return sha256OfText(JSON.stringify(spec, sortedKeys));
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
