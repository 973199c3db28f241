import type { Context } from "../command.ts";
import { type DefinitionOptions, frameDefinitionOf } from "../frame-definition.ts";
import { reportResult } from "../render/output.ts";

/** `frame audit`: the report is printed even if the frame leaks. */
export async function auditFrame(context: Context, options: DefinitionOptions): Promise<number> {
  const definition = await frameDefinitionOf(options);
  const [{ auditFrame, auditRefusal }, { withDatabase }, { printAudit }, { progressDisplay }] =
    await Promise.all([
      import("../../frame/index.ts"),
      import("../../database/open.ts"),
      import("../render/audit-report.ts"),
      import("../render/progress.ts"),
    ]);
  const { settings, output, signal, streams } = context;
  const { onProgress, clear } = progressDisplay(output, streams.stderr);
  // The frame as it is, and one more for each check.
  const onCheck = (_: string, done: number, checks: number) =>
    onProgress?.({ phase: "audit", done, of: checks + 1 });
  const request = { ...definition, signal, onCheck };
  const report = await withDatabase(settings, (database) => auditFrame(database, request)).finally(clear);
  return reportResult(report, auditRefusal(report), printAudit, context);
}
