import type { FramePhase } from "../../frame/index.ts";
import type { LoadPhase } from "../../ingest/index.ts";
import { numberText } from "../../system/numbers.ts";
import type { Progress } from "../../system/phase-clock.ts";
import type { Output } from "./output.ts";

type Phase = LoadPhase | FramePhase | "audit";

/** How each phase is described, and what it counts. */
const steps: Record<Phase, { readonly doing: string; readonly unit: string }> = {
  read: { doing: "reading", unit: "rows" },
  check: { doing: "checking", unit: "rows" },
  compare: { doing: "comparing", unit: "rows" },
  build: { doing: "building", unit: "rows" },
  publish: { doing: "publishing", unit: "rows" },
  extract: { doing: "reading", unit: "parts of tables" },
  compute: { doing: "computing", unit: "series" },
  audit: { doing: "auditing", unit: "frames" },
};

/** Shows progress: one line that is redrawn on a terminal, one JSON object per line with --json, else nothing. */
export interface ProgressDisplay {
  readonly onProgress: ((step: Progress<Phase>) => void) | undefined;
  readonly onWait: (reason: string) => void;
  /** Erases the line. */
  clear(): void;
}

export function progressDisplay(output: Output, stderr: NodeJS.WriteStream): ProgressDisplay {
  if (output.quiet) return { onProgress: undefined, onWait: () => {}, clear: () => {} };
  if (output.json) {
    const event = (fields: object) => stderr.write(`${JSON.stringify(fields)}\n`);
    return {
      onProgress: (step) => event({ event: "progress", ...step }),
      onWait: (reason) => event({ event: "waiting", for: reason }),
      clear: () => {},
    };
  }
  if (!output.interactive) {
    return {
      onProgress: undefined,
      onWait: (reason) => output.note(`waiting for ${reason}`),
      clear: () => {},
    };
  }
  const clear = () => stderr.write("\r\x1b[K");
  const draw = (line: string) => stderr.write(`\r\x1b[K${line.slice(0, (stderr.columns ?? 80) - 1)}`);
  let phase: Phase | undefined;
  let since = 0;
  return {
    onProgress: (progress) => {
      if (progress.phase !== phase) since = performance.now();
      phase = progress.phase;
      draw(progressLine(progress, (performance.now() - since) / 1000));
    },
    onWait: (reason) => draw(`waiting for ${reason} …`),
    clear,
  };
}

/** `building  3,100,000 of 5,000,000 rows  210,000 rows/s  9 s left` */
export function progressLine({ phase, done, of }: Progress<Phase>, elapsed_s: number): string {
  const { doing, unit } = steps[phase];
  if (done === 0 || elapsed_s < 0.2) return `${doing} …`;
  const rate = done / elapsed_s;
  const parts = [
    doing,
    `${numberText(done)}${of === undefined ? "" : ` of ${numberText(of)}`} ${unit}`,
    // For a few large pieces a rate says nothing.
    ...(rate < 10 ? [] : [`${numberText(Number(rate.toPrecision(2)))} ${unit}/s`]),
    ...(of === undefined ? [] : [`${left((of - done) / rate)} left`]),
  ];
  return parts.join("  ");
}

/** `9 s`, `2 min` */
const left = (seconds: number) =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
