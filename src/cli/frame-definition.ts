import { Option } from "commander";
import type { FrameDefinition, Freq } from "../frame/index.ts";
import { requiredOptions } from "./help.ts";

/* What `frame`, `frame audit` and `frame readiness` share: which frame. */

export interface DefinitionOptions {
  readonly cutoff?: string;
  readonly horizon?: string;
  readonly freq?: Freq;
  readonly spec?: string;
  readonly knownAt?: string;
}

/** Not marked as required: those of `frame` would then be required of its subcommands too. */
export function definitionOptions(): Option[] {
  return [
    new Option("--cutoff <date>", "last known day, YYYY-MM-DD").helpGroup(requiredOptions),
    new Option(
      "--horizon <N>",
      "days after the cutoff to forecast, or weeks or months with --freq",
    ).helpGroup(requiredOptions),
    new Option("--freq <period>", "what a row is about (default: as the spec says, else day)").choices([
      "day",
      "week",
      "month",
    ]),
    new Option("--spec <file>", "YAML or JSON with series, target, lags and drivers (docs/frames.md)"),
    new Option(
      "--known-at <time>",
      "use only facts loaded by then, whenever they happened: a day, or 2024-05-15T06:00:00Z",
    ),
  ];
}

/** @throws USAGE, DATE_INVALID */
export async function frameDefinitionOf(options: DefinitionOptions): Promise<FrameDefinition> {
  const { cutoff } = options;
  const { fail } = await import("../errors.ts");
  if (cutoff === undefined) throw fail("USAGE", { problem: missing("--cutoff <date>") });
  const { requireDate } = await import("../system/dates.ts");
  requireDate("--cutoff", cutoff);
  return { cutoff, ...(await framesDefinitionOf(options)) };
}

/** The same without a cutoff. @throws USAGE */
export async function framesDefinitionOf(
  options: DefinitionOptions,
): Promise<Omit<FrameDefinition, "cutoff">> {
  const { fail } = await import("../errors.ts");
  const { horizon, freq, spec, knownAt } = options;
  if (horizon === undefined) throw fail("USAGE", { problem: missing("--horizon <N>") });
  if (!/^[1-9]\d{0,3}$/.test(horizon) || Number(horizon) > 1000) {
    throw fail("USAGE", { problem: `--horizon takes a number from 1 to 1000, not ${horizon}.` });
  }
  return { horizon: Number(horizon), freq, spec, knownAt };
}

/** As commander says it. */
export const missing = (option: string) => `Required option '${option}' not specified.`;
