import type { CaseFigures, Target } from "./figures.ts";
import type { Machine } from "./machine.ts";
import { grouped, markdownTable } from "./markdown.ts";
import type { Shape } from "./shape.ts";
import { rounded, spreadOf } from "./statistics.ts";

/** The report of a run, which --json prints. Each benchmark adds its figures. */
export interface Report {
  readonly date: string;
  readonly command: string;
  readonly shape: Shape;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  /** Of the PostgreSQL server. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly targets: readonly Target[];
  readonly cases: readonly CaseFigures[];
}

/** A section of docs/benchmarks.md; empty parts are omitted. */
export function sectionText(name: string, report: Report, parts: readonly string[]): string {
  const { shape, machine, versions, parameters, cases: measured } = report;
  const rounds = Math.max(...measured.map((one) => one.rounds.length));
  return [
    `## ${name}, ${grouped(shape.rows)} rows`,
    `${grouped(shape.stores)} stores x ${grouped(shape.products)} products x ${grouped(shape.days)} days. ` +
      `${report.date}, \`${report.command}\`, ${rounds === 1 ? "one round" : `medians of ${rounds} rounds`}.`,
    `- ${machine.cpu}, ${machine.cores} cores, ${machine.memory_gb} GB, ${machine.kernel}, ${machine.filesystem}\n` +
      `- ${listed(versions, " ")}\n- PostgreSQL with ${listed(parameters, " = ")}`,
    ...parts,
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

export function targetTable(targets: readonly Target[]): string {
  const rows = targets.map(({ metric, target, measured, met }) => [
    metric,
    target,
    measured,
    met ? "met" : "**not met**",
  ]);
  return rows.length === 0 ? "" : markdownTable(["metric", "target", "measured", ""], rows);
}

/** A column of a table of cases: its heading and its cell. */
export type Column<C> = readonly [heading: string, cell: (one: C) => string];

/** One row per case: its speed, and the columns that the benchmark adds. */
export function caseTable<C extends CaseFigures>(
  measured: readonly C[],
  columns: readonly Column<C>[],
): string {
  const rows = measured.map((one) => [
    one.title,
    grouped(one.rows),
    String(rounded(one.seconds.median, 3)),
    `${rounded(one.seconds.min, 3)} - ${rounded(one.seconds.max, 3)}`,
    grouped(one.rows_per_second),
    ...columns.map(([, cell]) => cell(one)),
  ]);
  const headings = ["case", "rows", "seconds", "min - max", "rows/s", ...columns.map(([heading]) => heading)];
  return markdownTable(headings, rows);
}

/** Seconds by phase, as our own commands report them. The rest of their total is the start of the process. */
export function phaseTable<C extends CaseFigures>(
  measured: readonly C[],
  columns: readonly Column<C>[] = [],
): string {
  const own = measured.filter(({ rounds }) => rounds[0]?.phases !== undefined);
  const phases = [...new Set(own.flatMap(({ rounds }) => Object.keys(rounds[0]?.phases ?? {})))];
  const rows = own.map((one) => [
    one.title,
    ...phases.map((phase) => medianOf(one.rounds.flatMap((round) => round.phases?.[phase] ?? []))),
    ...columns.map(([, cell]) => cell(one)),
  ]);
  const headings = ["seconds by phase", ...phases, ...columns.map(([heading]) => heading)];
  return rows.length === 0 ? "" : markdownTable(headings, rows);
}

export function listed(entries: Readonly<Record<string, string | number>>, between: string): string {
  return Object.entries(entries)
    .map(([name, value]) => `${name}${between}${value}`)
    .join(", ");
}

/** A cell of a table; empty if nothing was measured. */
export function medianOf(values: readonly number[]): string {
  return values.length === 0 ? "" : rounded(spreadOf(values).median, 3).toLocaleString("en-US");
}
