import pc from "picocolors";
import { ForecastLabError, fail, maskSecrets } from "../../errors.ts";
import { numberText } from "../../system/numbers.ts";

/**
 * Renders for people or, with --json, as one JSON object. Data goes to stdout; notes, progress and errors go to stderr.
 * Colors only if the stream is a terminal and NO_COLOR is unset.
 */
export interface Output {
  readonly json: boolean;
  readonly verbose: boolean;
  /** Colors for stdout. */
  readonly colors: ReturnType<typeof pc.createColors>;
  /** Colors for stderr. */
  readonly errorColors: ReturnType<typeof pc.createColors>;
  /** Whether stderr is a terminal that a person watches: progress is drawn only then. */
  readonly interactive: boolean;
  /** Columns of the terminal; 80 if there is none. */
  readonly width: number;
  /** A line of data on stdout; nothing with --json. */
  line(text?: string): void;
  /** A line for the person on stderr; nothing with --json. */
  note(text: string): void;
  /** The command's result: the object of --json. */
  result(value: object): void;
}

export interface Streams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

export function createOutput(
  options: { json: boolean; verbose: boolean },
  environment: NodeJS.ProcessEnv,
  streams: Streams,
): Output {
  const { stdout, stderr } = streams;
  const colored = (stream: NodeJS.WriteStream) =>
    Boolean(environment.FORCE_COLOR) ||
    (stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== "dumb");
  return {
    ...options,
    colors: pc.createColors(colored(stdout)),
    errorColors: pc.createColors(colored(stderr)),
    interactive: stderr.isTTY === true && !options.json && environment.TERM !== "dumb",
    width: stdout.columns ?? 80,
    line: (text = "") => {
      if (!options.json) stdout.write(`${text}\n`);
    },
    note: (text) => {
      if (!options.json) stderr.write(`${text}\n`);
    },
    result: (value) => {
      if (options.json) stdout.write(`${JSON.stringify(value)}\n`);
    },
  };
}

/** A failure as --json shows it: what to do includes the flag or command that does it. */
const failureJson = (failure: ForecastLabError) => ({
  ...failure.toJSON(),
  action: adviceOf(failure),
});

/** What to do, and with which flag or command. */
export const adviceOf = ({ action, cli }: ForecastLabError) =>
  cli === undefined ? action : `${action} ${cli}`;

/** Prints a failure: the sentence, its code, what to do; a stack only with --verbose. Returns the exit code. */
export function reportFailure(error: unknown, output: Output, streams: Streams): number {
  const failure =
    error instanceof ForecastLabError
      ? error
      : fail("INTERNAL", { reason: error instanceof Error ? error.message : String(error) }, error);
  if (output.json) {
    streams.stdout.write(`${JSON.stringify({ error: failureJson(failure) })}\n`);
  } else {
    const colors = output.errorColors;
    streams.stderr.write(`${colors.red("error")} ${failure.message} ${colors.dim(`[${failure.code}]`)}\n`);
    streams.stderr.write(`  ${adviceOf(failure)}\n`);
  }
  if (output.verbose) streams.stderr.write(`${maskSecrets(inspectable(failure))}\n`);
  return failure.exitCode;
}

/**
 * Prints a result that may amount to a failure of the command (rejects over the limit, a leak): with --json as one object with
 * an `error`, for people the result and then the failure. Returns the exit code.
 */
export function reportResult<Result extends object>(
  result: Result,
  failure: ForecastLabError | undefined,
  print: (result: Result, output: Output) => void,
  { output, streams }: { readonly output: Output; readonly streams: Streams },
): number {
  if (output.json) {
    output.result(failure === undefined ? result : { ...result, error: failureJson(failure) });
    return failure?.exitCode ?? 0;
  }
  print(result, output);
  return failure === undefined ? 0 : reportFailure(failure, output, streams);
}

function inspectable(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${inspectable(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}

/** An aligned table: text to the left, numbers (and decimals kept as text) to the right; the first row is the heading. */
export function table(rows: readonly (readonly (string | number)[])[]): string[] {
  const cells = rows.map((row) => row.map(shown));
  const columns = (cells[0] ?? []).map((_, column) => cells.map((row) => row[column] ?? ""));
  const widths = columns.map((column) => Math.max(...column.map((cell) => cell.length)));
  const numeric = columns.map((column) => column.slice(1).every((cell) => /^-?[\d,]+(\.\d+)?$/.test(cell)));
  return cells.map((row) =>
    row
      .map((cell, column) =>
        numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}

const shown = (cell: string | number) => (typeof cell === "number" ? numberText(cell, 3) : cell);
