import type { ReadinessStatus } from "../../frame/index.ts";
import type { Context } from "../command.ts";
import { type DefinitionOptions, frameDefinitionOf } from "../frame-definition.ts";

export interface ReadinessOptions extends DefinitionOptions {
  readonly status?: ReadinessStatus;
  readonly top?: string;
}

/** So many series of each status are printed for a person. */
const shown = 5;

/** `frame readiness`: series that are not ready are a result, not a failure. */
export async function reportReadiness(
  { settings, output, signal, streams }: Context,
  { status, top, ...options }: ReadinessOptions,
): Promise<undefined> {
  const { fail } = await import("../../errors.ts");
  if (top !== undefined && !/^[1-9]\d{0,8}$/.test(top)) {
    throw fail("USAGE", { problem: `--top takes a number of series from 1, not ${top}.` });
  }
  const definition = await frameDefinitionOf(options);
  const [{ frameReadiness }, { withDatabase }, { printReadiness }, { progressDisplay }] = await Promise.all([
    import("../../frame/index.ts"),
    import("../../database/open.ts"),
    import("../render/readiness-report.ts"),
    import("../render/progress.ts"),
  ]);
  const { onProgress, clear } = progressDisplay(output, streams.stderr);
  const request = {
    ...{ ...definition, status, signal, onProgress },
    top: top === undefined ? (output.json ? undefined : shown) : Number(top),
  };
  const report = await withDatabase(settings, (database) => frameReadiness(database, request)).finally(clear);
  output.result(report);
  printReadiness(report, output);
}
