import type { Machine } from "../machine.ts";
import { grouped, markdownTable } from "../markdown.ts";
import { rounded, spreadOf } from "../statistics.ts";
import type { Shape } from "./data.ts";
import type { CaseFigures, Figures, Target } from "./figures.ts";

/** The outcome of a run: the object of --json. */
export interface Report extends Figures {
  readonly benchmark: "ingest";
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

/** The section of docs/benchmarks.md. */
export function reportText(report: Report): string {
  const { shape, machine, versions, parameters, cases: measured } = report;
  const rounds = Math.max(...measured.map((one) => one.rounds.length));
  return [
    `## Ingest, ${grouped(shape.rows)} rows`,
    `${grouped(shape.stores)} stores x ${grouped(shape.products)} products x ${grouped(shape.days)} days. ` +
      `${report.date}, \`${report.command}\`, ${rounds === 1 ? "one round" : `medians of ${rounds} rounds`}.`,
    `- ${machine.cpu}, ${machine.cores} cores, ${machine.memory_gb} GB, ${machine.kernel}, ${machine.filesystem}\n` +
      `- ${listed(versions, " ")}\n- PostgreSQL with ${listed(parameters, " = ")}`,
    targetTable(report.targets),
    caseTable(measured),
    phaseTable(measured),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function targetTable(targets: readonly Target[]): string {
  const rows = targets.map(({ what, wanted, measured, met }) => [
    what,
    wanted,
    measured,
    met ? "met" : "**not met**",
  ]);
  return rows.length === 0 ? "" : markdownTable(["target", "wanted", "measured", ""], rows);
}

function caseTable(measured: readonly CaseFigures[]): string {
  const rows = measured.map(({ title, rows, seconds, rows_per_second, rounds }) => [
    title,
    grouped(rows),
    String(rounded(seconds.median, 3)),
    `${rounded(seconds.min, 3)} - ${rounded(seconds.max, 3)}`,
    grouped(rows_per_second),
    medianOf(rounds.flatMap((round) => round.rows_written ?? [])),
    medianOf(rounds.flatMap((round) => (round.wal_bytes === undefined ? [] : round.wal_bytes / 1e6))),
    medianOf(rounds.flatMap((round) => round.peak_rss_mb ?? [])),
  ]);
  const headings = [
    "case",
    "rows",
    "seconds",
    "min - max",
    "rows/s",
    "row versions written",
    "WAL MB",
    "peak MB",
  ];
  return markdownTable(headings, rows);
}

/** Where the loads' time goes, as they say themselves; what is missing to their seconds is the start of the process. */
function phaseTable(measured: readonly CaseFigures[]): string {
  const loads = measured.filter(({ rounds }) => rounds[0]?.phases !== undefined);
  const phases = [...new Set(loads.flatMap(({ rounds }) => Object.keys(rounds[0]?.phases ?? {})))];
  const rows = loads.map(({ title, rounds }) => [
    title,
    ...phases.map((phase) => medianOf(rounds.flatMap((round) => round.phases?.[phase] ?? []))),
    listed(rounds[0]?.months ?? {}, " "),
  ]);
  return rows.length === 0 ? "" : markdownTable(["seconds by phase", ...phases, "months"], rows);
}

function listed(entries: Readonly<Record<string, string | number>>, between: string): string {
  return Object.entries(entries)
    .map(([name, value]) => `${name}${between}${value}`)
    .join(", ");
}

function medianOf(values: readonly number[]): string {
  return values.length === 0 ? "" : rounded(spreadOf(values).median, 3).toLocaleString("en-US");
}
