import type { Phase, Progress } from "../ingest/index.ts";
import type { Output } from "./output.ts";

const doing: Record<Phase, string> = {
  read: "reading",
  check: "checking",
  compare: "comparing",
  build: "building",
  publish: "publishing",
};

/** Shows how far a load is: one line that is drawn anew on a terminal, one JSON object a line with --json, else nothing. */
export interface ProgressDisplay {
  readonly onProgress: ((progress: Progress) => void) | undefined;
  readonly onWait: (reason: string) => void;
  /** Takes the line away. */
  clear(): void;
}

export function progressDisplay(output: Output, stderr: NodeJS.WriteStream): ProgressDisplay {
  if (output.json) {
    const event = (fields: object) => stderr.write(`${JSON.stringify(fields)}\n`);
    return {
      onProgress: ({ phase, rows, of }) => event({ event: "progress", phase, rows, ...(of && { of }) }),
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
export function progressLine({ phase, rows, of }: Progress, elapsed_s: number): string {
  if (rows === 0 || elapsed_s < 0.2) return `${doing[phase]} …`;
  const rate = rows / elapsed_s;
  const parts = [
    doing[phase],
    `${whole(rows)}${of === undefined ? "" : ` of ${whole(of)}`} rows`,
    `${whole(Number(rate.toPrecision(2)))} rows/s`,
    ...(of === undefined ? [] : [`${left((of - rows) / rate)} left`]),
  ];
  return parts.join("  ");
}

const whole = (value: number) => Math.round(value).toLocaleString("en-US");

/** `9 s`, `2 min` */
const left = (seconds: number) =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
