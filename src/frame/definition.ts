import { fail } from "../errors.ts";
import * as kinds from "../system/arguments.ts";
import { parseKnownAt, requireDate } from "../system/dates.ts";
import { type FrameSpec, readSpec, resolveSpec, type SpecInput } from "./specification/index.ts";

/** Which frame to build. */
export interface FrameDefinition {
  /** The last known day, YYYY-MM-DD. */
  readonly cutoff: string;
  /** Days to forecast after the cutoff, 1 to 1000. */
  readonly horizon: number;
  /** A parsed spec, or the path of a spec file. Default: the default frame. */
  readonly spec?: string | SpecInput | undefined;
  /**
   * Use only facts loaded by this time, whenever they happened: a day (up to its end in UTC) or a moment with its time zone,
   * ISO 8601. Default: use all facts.
   */
  readonly knownAt?: string | undefined;
}

/** A definition that is valid, with all defaults of its spec filled in. */
export interface CheckedDefinition {
  readonly cutoff: string;
  readonly horizon: number;
  readonly spec: FrameSpec;
  /** Names the spec in messages; empty without a spec. */
  readonly specPath: string;
  readonly knownAt: string | null;
}

/**
 * @param of the public function, for messages
 * @throws ARGUMENT_INVALID, DATE_INVALID, TIME_INVALID, USAGE, FRAME_SPEC_INVALID, FILE_NOT_FOUND and the other errors of reading a file
 */
export async function checkDefinition(of: string, definition: FrameDefinition): Promise<CheckedDefinition> {
  kinds.requireArguments(of, { definition }, { definition: kinds.object });
  kinds.requireArguments(of, definition, {
    cutoff: kinds.day,
    "spec?": kinds.textOr("a spec of parseSpec"),
    "knownAt?": kinds.text,
    "signal?": kinds.signal,
  });
  const { cutoff, horizon, spec, knownAt } = definition;
  requireDate("The cutoff", cutoff);
  if (!Number.isInteger(horizon) || horizon < 1 || horizon > 1000) {
    throw fail("USAGE", { problem: `The horizon is a number of days from 1 to 1000, not ${horizon}.` });
  }
  const input = typeof spec === "string" ? await readSpec(spec) : spec;
  return {
    cutoff,
    horizon,
    spec: resolveSpec(input, horizon),
    specPath: input?.path ?? "",
    knownAt: knownAt === undefined ? null : parseKnownAt(knownAt),
  };
}
