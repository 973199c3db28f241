import type { BacktestPhase } from "../../backtest/index.ts";
import type { FramePhase } from "../../frame/index.ts";
import type { LoadPhase } from "../../ingest/index.ts";
import type { DemoStepName } from "../../recipes/demo.ts";
import { cutEnd } from "../../system/display-width.ts";
import { numberText } from "../../system/numbers.ts";
import type { Progress } from "../../system/phase-clock.ts";
import { jsonText, visible } from "../../system/visible-text.ts";
import type { Output } from "./output.ts";

type Phase = LoadPhase | FramePhase | BacktestPhase | DemoStepName | "connect" | "audit";

/** How each phase is described, and what it counts. */
const steps: Record<Phase, { readonly doing: string; readonly unit: string }> = {
  read: { doing: "reading", unit: "rows" },
  check: { doing: "checking", unit: "rows" },
  compare: { doing: "comparing", unit: "rows" },
  build: { doing: "building", unit: "rows" },
  publish: { doing: "publishing", unit: "rows" },
  extract: { doing: "reading", unit: "parts of tables" },
  compute: { doing: "computing", unit: "series" },
  forecast: { doing: "forecasting", unit: "series" },
  score: { doing: "scoring", unit: "blocks" },
  audit: { doing: "auditing", unit: "frames" },
  connect: { doing: "connecting to PostgreSQL", unit: "servers" },
  schema: { doing: "applying revisions", unit: "revisions" },
  calendar: { doing: "filling the calendar", unit: "days" },
  load: { doing: "loading", unit: "files" },
  rollup: { doing: "adding up transactions to days", unit: "days" },
  figures: { doing: "asking for weeks and best sellers", unit: "queries" },
  frame: { doing: "building a frame", unit: "frames" },
  plot: { doing: "reading the best seller", unit: "series" },
};

/** What is said of a step within a phase (`copy 2024-01`); the others take no time worth naming. */
const stepWords: Readonly<Record<string, string>> = {
  sweep: "removing leftovers of an interrupted load",
  create: "creating",
  copy: "copying",
  index: "indexing",
  merge: "merging",
  swap: "attaching months",
  commit: "committing",
};

/** Shows progress: one line that is redrawn on a terminal, one JSON object per line with --json, else nothing. */
export interface ProgressDisplay {
  readonly onProgress: ((step: Progress<Phase>) => void) | undefined;
  /** Names what is done within the phase. */
  readonly onStep: (step: string) => void;
  readonly onWait: (reason: string) => void;
  /** Erases the line. */
  clear(): void;
}

const nothing = () => {};

export function progressDisplay(output: Output, stderr: NodeJS.WriteStream): ProgressDisplay {
  const silent = { onProgress: undefined, onStep: nothing, onWait: nothing, clear: nothing };
  if (output.quiet) return silent;
  if (output.json) {
    const event = (fields: object) => stderr.write(`${jsonText(fields)}\n`);
    return {
      onProgress: (step) => event({ event: "progress", ...step }),
      onStep: nothing,
      onWait: (reason) => event({ event: "waiting", for: reason }),
      clear: nothing,
    };
  }
  if (!output.interactive) return { ...silent, onWait: (reason) => output.note(`waiting for ${reason}`) };
  const screen = redrawnLine(output, stderr);
  let progress: Progress<Phase> | undefined;
  let step: string | undefined;
  const showPhase = () => {
    const at = progress;
    if (at !== undefined) screen.show(at.phase, (elapsed_s) => progressLine(at, elapsed_s, step));
  };
  return {
    onProgress: (next) => {
      if (next.phase !== progress?.phase) step = undefined;
      progress = next;
      showPhase();
    },
    onStep: (name) => {
      step = stepText(name);
      showPhase();
    },
    onWait: (reason) =>
      screen.show(reason, (elapsed_s) => `waiting for ${reason} …${elapsedText(elapsed_s)}`),
    clear: screen.end,
  };
}

/** Shows what is done, and for how long, while the work goes on: only on a terminal. */
export async function whileDoing<T>(
  output: Output,
  stderr: NodeJS.WriteStream,
  doing: string,
  work: Promise<T>,
): Promise<T> {
  if (!output.interactive) return work;
  const screen = redrawnLine(output, stderr);
  screen.show(doing, (elapsed_s) => `${doing} …${elapsedText(elapsed_s)}`);
  return work.finally(screen.end);
}

/** A line on a terminal that is drawn again, cut to its width, at least every second: work may report nothing for long. */
function redrawnLine({ errorWidth }: Output, stderr: NodeJS.WriteStream) {
  const erase = "\r\x1b[K";
  const since = new Map<string, number>();
  let draw = nothing;
  const clock = setInterval(() => draw(), 1_000).unref();
  return {
    /** @param subject what the seconds are counted of */
    show: (subject: string, lineAfter: (elapsed_s: number) => string) => {
      const from = since.get(subject) ?? performance.now();
      since.set(subject, from);
      draw = () => {
        const line = visible(lineAfter((performance.now() - from) / 1000));
        stderr.write(`${erase}${cutEnd(line, errorWidth() - 1)}`);
      };
      draw();
    },
    end: () => {
      clearInterval(clock);
      draw = nothing;
      stderr.write(erase);
    },
  };
}

/** `copying 2024-01` of `copy 2024-01` */
function stepText(step: string): string | undefined {
  const [verb = "", what = ""] = step.split(" ");
  const doing = stepWords[verb];
  return doing !== undefined && /^\d{4}-\d{2}$/.test(what) ? `${doing} ${what}` : doing;
}

/** `building  3,100,000 of 5,000,000 rows  210,000 rows/s  9 s left` */
export function progressLine(
  { phase, done, of }: Progress<Phase>,
  elapsed_s: number,
  step?: string | undefined,
): string {
  const { doing, unit } = steps[phase];
  const within = step === undefined ? [] : [step];
  if (done === 0 || elapsed_s < 0.2) return [`${doing} …${elapsedText(elapsed_s)}`, ...within].join("  ");
  const rate = done / elapsed_s;
  const parts = [
    doing,
    `${numberText(done)}${of === undefined ? "" : ` of ${numberText(of)}`} ${unit}`,
    // For a few large pieces a rate says nothing.
    ...(rate < 10 ? [] : [`${numberText(Number(rate.toPrecision(2)))} ${unit}/s`]),
    ...(of === undefined ? [] : [`${left((of - done) / rate)} left`]),
    ...within,
  ];
  return parts.join("  ");
}

/** ` 12 s`, once that is worth saying */
const elapsedText = (elapsed_s: number) => (elapsed_s < 2 ? "" : ` ${Math.floor(elapsed_s)} s`);

/** `9 s`, `2 min` */
const left = (seconds: number) =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
