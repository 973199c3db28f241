import { Option } from "commander";
import type { FrameDefinition } from "../frame/index.ts";
import { requiredOptions } from "./help.ts";

/* What `frame` and `frame audit` share: which frame. */

export interface DefinitionOptions {
  readonly cutoff?: string;
  readonly horizon?: string;
  readonly spec?: string;
  readonly knownAt?: string;
}

/** Not marked as required: those of `frame` would then be required of its subcommands too. */
export function definitionOptions(): Option[] {
  return [
    new Option("--cutoff <date>", "last known day, YYYY-MM-DD").helpGroup(requiredOptions),
    new Option("--horizon <days>", "days after the cutoff to forecast").helpGroup(requiredOptions),
    new Option("--spec <file>", "YAML or JSON with series, target, lags and drivers (docs/frames.md)"),
    new Option(
      "--known-at <time>",
      "use only facts loaded by then, whenever they happened: a day, or 2024-05-15T06:00:00Z",
    ),
  ];
}

/** @throws USAGE, DATE_INVALID */
export async function frameDefinitionOf(options: DefinitionOptions): Promise<FrameDefinition> {
  const [{ requireDate }, { fail }] = await Promise.all([
    import("../system/dates.ts"),
    import("../errors.ts"),
  ]);
  const { cutoff, horizon, spec, knownAt } = options;
  if (cutoff === undefined) throw fail("USAGE", { problem: missing("--cutoff <date>") });
  if (horizon === undefined) throw fail("USAGE", { problem: missing("--horizon <days>") });
  requireDate("--cutoff", cutoff);
  if (!/^[1-9]\d{0,3}$/.test(horizon) || Number(horizon) > 1000) {
    throw fail("USAGE", { problem: `--horizon takes a number of days from 1 to 1000, not ${horizon}.` });
  }
  return { cutoff, horizon: Number(horizon), spec, knownAt };
}

/** As commander says it. */
export const missing = (option: string) => `Required option '${option}' not specified.`;
