import { version } from "../system/version.ts";
import type { FrameKind } from "./columns.ts";
import type { CheckedDefinition } from "./definition.ts";
import { specHash } from "./specification/index.ts";

/**
 * What a Parquet or an Arrow file of a frame says about itself, because files get separated from their manifest: key-value
 * metadata, with the names and values of the manifest after `forecastlab.`. Without a knowledge time, it has no `known_at`.
 */
export function fileMetadata(
  {
    cutoff,
    horizon,
    knownAt,
    spec,
  }: Pick<CheckedDefinition, "horizon" | "knownAt" | "spec"> & { cutoff: string },
  frame: FrameKind,
): Readonly<Record<string, string>> {
  return {
    "forecastlab.version": version,
    "forecastlab.frame": frame,
    "forecastlab.cutoff": cutoff,
    "forecastlab.horizon": String(horizon),
    "forecastlab.freq": spec.freq,
    ...(knownAt === null ? {} : { "forecastlab.known_at": knownAt }),
    "forecastlab.spec_sha256": specHash(spec),
  };
}
