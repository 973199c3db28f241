import { fail } from "../errors.ts";
import * as kinds from "../system/arguments.ts";
import { parseKnownAt, requireDate } from "../system/dates.ts";
import { type Freq, freqs } from "./grain.ts";
import { type FrameSpec, readSpec, resolveSpec, type SpecInput } from "./specification/index.ts";
import { specInvalid } from "./specification/read.ts";

/** Which frame to build. */
export interface FrameDefinition {
  /** The last known day, YYYY-MM-DD. */
  readonly cutoff: string;
  /** Periods to forecast after the cutoff, 1 to 1000: days, or what `freq` says. */
  readonly horizon: number;
  /** What a row is about: a day, a week or a month. Default: what the spec says, else a day. */
  readonly freq?: Freq | undefined;
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
  /** In ascending order. All of them have the same horizon and spec. */
  readonly cutoffs: readonly string[];
  readonly horizon: number;
  readonly spec: FrameSpec;
  /** Names the spec in messages; empty without a spec. */
  readonly specPath: string;
  readonly knownAt: string | null;
}

/**
 * @param of the public function, for messages
 * @param cutoffs those of several frames. Default: the only one of the definition
 * @throws ARGUMENT_INVALID, DATE_INVALID, TIME_INVALID, USAGE, FRAME_SPEC_INVALID, FILE_NOT_FOUND and the other errors of reading a file
 */
export async function checkDefinition(
  of: string,
  definition: Omit<FrameDefinition, "cutoff"> & { readonly cutoff?: string },
  cutoffs: readonly string[] = [definition?.cutoff as string],
): Promise<CheckedDefinition> {
  kinds.requireArguments(of, { definition }, { definition: kinds.object });
  kinds.requireArguments(of, definition, {
    "spec?": kinds.textOr("a spec of parseSpec"),
    "freq?": kinds.text,
    "knownAt?": kinds.text,
    "signal?": kinds.signal,
  });
  const { horizon, spec, freq, knownAt } = definition;
  for (const cutoff of cutoffs) {
    kinds.requireArguments(of, { cutoff }, { cutoff: kinds.day });
    requireDate("The cutoff", cutoff);
  }
  if (freq !== undefined && !freqs.includes(freq)) {
    throw fail("USAGE", { problem: `freq is ${freqs.join(", ")}, not ${freq}.` });
  }
  const given = typeof spec === "string" ? await readSpec(spec) : spec;
  const input = withFreq(given, freq);
  if (!Number.isInteger(horizon) || horizon < 1 || horizon > 1000) {
    const unit = `${input?.freq ?? "day"}s`;
    throw fail("USAGE", { problem: `The horizon is a number of ${unit} from 1 to 1000, not ${horizon}.` });
  }
  return {
    cutoffs: [...new Set(cutoffs)].sort(),
    horizon,
    spec: resolveSpec(input, horizon),
    specPath: given?.path ?? "",
    knownAt: knownAt === undefined ? null : parseKnownAt(knownAt),
  };
}

function withFreq(spec: SpecInput | undefined, freq: Freq | undefined): SpecInput | undefined {
  if (freq === undefined || spec?.freq === freq) return spec;
  if (spec?.freq !== undefined) {
    const problem = `it is of freq: ${spec.freq}, and freq: ${freq} was asked for`;
    throw specInvalid(spec.path, problem);
  }
  return { ...(spec ?? { version: 1, path: "" }), freq };
}
