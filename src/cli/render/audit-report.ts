import type { AuditReport } from "../../frame/index.ts";
import { countText, numberText } from "../../system/numbers.ts";
import { type Output, table } from "./output.ts";

/** Prints the checks on stdout, and what differs on stderr. */
export function printAudit({ cutoff, horizon, freq, checks }: AuditReport, output: Output): void {
  output.line(
    output.colors.bold(`Audit of the frame up to ${cutoff} with a horizon of ${countText(horizon, freq)}`),
  );
  const rows = checks.map(({ name, perturbed, rows, cells, differing }) => [
    name,
    perturbed,
    rows,
    cells,
    differing.length === 0 ? "same" : "DIFFERS",
  ]);
  const heading = ["changed", "facts", "rows", "cells compared", ""];
  for (const line of table([heading, ...rows], output.room - 2)) output.line(`  ${line}`);
  for (const check of checks.filter(({ differing }) => differing.length > 0)) {
    output.note("");
    output.note(`${check.name}: if ${check.changed} change, ${check.must_hold} must stay the same`);
    for (const { frame, column, rows, example } of check.differing) {
      const was = `${shown(example.before)} became ${shown(example.after)}`;
      output.note(
        `  ${frame} ${named(column)}: ${numberText(rows)} rows, such as ${example.unique_id} on ${example.ds}, where ${was}`,
      );
    }
  }
}

/** Rows that only one of the frames has belong to no column. */
const named = (column: string) => (column === "(row)" ? "rows themselves" : column);

const shown = (value: string | null) => value ?? "null";
