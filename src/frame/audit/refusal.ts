import { type ForecastLabError, fail } from "../../errors.ts";
import * as kinds from "../../system/arguments.ts";
import type { AuditReport } from "./report.ts";

/**
 * The error for a caller that only accepts a frame without leaks. The audit itself does not throw it.
 *
 * @returns FRAME_LEAKS, which names the first five columns that changed; undefined if the audit passed
 * @example
 * import { auditFrame, auditRefusal, databaseOf } from "forecastlab";
 *
 * const database = databaseOf("postgres://localhost:5432/retail");
 * const report = await auditFrame(database, { cutoff: "2024-05-14", horizon: 28 });
 * const refusal = auditRefusal(report);
 * if (refusal !== undefined) throw refusal;
 */
export function auditRefusal(report: AuditReport): ForecastLabError | undefined {
  kinds.requireArguments("auditRefusal", { report }, { report: kinds.object });
  const { passed, checks } = report;
  if (passed) return undefined;
  const changed = checks.flatMap(({ differing }) => differing.map(({ column }) => columnName(column)));
  const names = [...new Set(changed)];
  const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
  return fail("FRAME_LEAKS", { columns: `${names.slice(0, 5).join(", ")}${more}` });
}

/** The name of a difference in a sentence: rows that only one of the frames has belong to no column. */
const columnName = (column: string) => (column === "(row)" ? "rows themselves" : column);
