import { fail } from "../errors.ts";
import { parseKnownAt, requireDate } from "../system/dates.ts";
import { type FrameSpec, readSpec, resolveSpec, type SpecInput } from "./specification/index.ts";

/** Which frame. */
export interface FrameDefinition {
  /** The last day that is known: YYYY-MM-DD. */
  readonly cutoff: string;
  /** Days after the cutoff to forecast, 1 to 1000. */
  readonly horizon: number;
  /** Path of a spec, or one that was parsed; without one, the default frame. */
  readonly spec?: string | SpecInput | undefined;
  /** Use only facts recorded by then: a day (up to its end in UTC) or a moment, ISO 8601. */
  readonly knownAt?: string | undefined;
}

/** An definition that was checked, the spec with all defaults. */
export interface CheckedDefinition {
  readonly cutoff: string;
  readonly horizon: number;
  readonly spec: FrameSpec;
  /** Names the spec in messages. */
  readonly specPath: string;
  readonly knownAt: string | null;
}

/** @throws DATE_INVALID, TIME_INVALID, USAGE, FRAME_SPEC_INVALID, FILE_NOT_FOUND and its like */
export async function checkDefinition({
  cutoff,
  horizon,
  spec,
  knownAt,
}: FrameDefinition): Promise<CheckedDefinition> {
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
