import { ForecastLabError, fail, maskSecrets } from "../../errors.ts";
import { jsonText } from "../../system/visible-text.ts";
import { isColored, type Palette, paletteOf, printable } from "./palette.ts";
import { wrapped } from "./wrap.ts";

export { table } from "./table.ts";

/**
 * Renders for people or, with --json, as one JSON object. Data goes to stdout; notes, progress and errors go to stderr.
 *
 * This is the edge to the terminal: whatever the text of a line holds, its control characters are made visible, and on a
 * terminal it is wrapped at spaces.
 */
export interface Output {
  readonly json: boolean;
  readonly verbose: boolean;
  /** Only errors, and what the command was asked to print. */
  readonly quiet: boolean;
  /** How the program is called: `forecastlab`, or `npx forecastlab`. Commands in advice start with it. */
  readonly program: string;
  /** Colors for stdout. */
  readonly colors: Palette;
  /** Colors for stderr. */
  readonly errorColors: Palette;
  /** Whether stderr is a terminal that a person watches: progress is drawn only then. */
  readonly interactive: boolean;
  /** Columns of the terminal, for what is drawn; 80 if there is none. */
  readonly width: number;
  /** Lines of the terminal, for what is drawn; 24 if there is none. */
  readonly height: number;
  /** Columns of the terminal that stderr is on, which may change. */
  errorWidth(): number;
  /** Columns that a line on stdout may take; Infinity if it is not a terminal, so that programs read whole lines. */
  readonly room: number;
  /** A line on stdout that the command was asked for; nothing with --json. */
  line(text?: string): void;
  /** A line on stdout about what the command did; nothing with --json or --quiet. */
  report(text?: string): void;
  /** A line for the person on stderr; nothing with --json or --quiet. */
  note(text: string): void;
  /** A line about a failure on stderr, always. */
  error(text: string): void;
  /** Lines for another program, such as SQL: exactly these, unless stdout is a terminal. Nothing with --json. */
  data(text: string): void;
  /** The command's result: the object of --json. */
  result(value: object): void;
}

export interface Streams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Where a person answers; undefined: nobody can be asked. */
  readonly stdin?: NodeJS.ReadStream;
}

/** What of the command line decides how everything is printed. */
export interface OutputOptions {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly quiet?: boolean;
  readonly program?: string;
}

export function createOutput(
  { json, verbose, quiet = false, program = "forecastlab" }: OutputOptions,
  environment: NodeJS.ProcessEnv,
  streams: Streams,
): Output {
  const { stdout, stderr } = streams;
  const print = (stream: NodeJS.WriteStream, text: string, indent?: number) => {
    for (const line of wrapped(text, roomOf(stream, environment), indent))
      stream.write(`${printable(line)}\n`);
  };
  const line = (text = "") => {
    if (!json) print(stdout, text);
  };
  return {
    ...{ json, verbose, quiet, program },
    colors: paletteOf(isColored(stdout, environment)),
    errorColors: paletteOf(isColored(stderr, environment)),
    interactive: stderr.isTTY === true && !json && !quiet && environment.TERM !== "dumb",
    width: widthOf(stdout, environment),
    height: heightOf(stdout, environment),
    errorWidth: () => widthOf(stderr, environment),
    room: roomOf(stdout, environment),
    line,
    report: (text) => {
      if (!quiet) line(text);
    },
    note: (text) => {
      if (!json && !quiet) print(stderr, text);
    },
    error: (text) => print(stderr, text, 2),
    data: (text) => {
      if (json) return;
      const safe = stdout.isTTY ? text.split("\n").map(printable).join("\n") : text;
      stdout.write(`${safe}\n`);
    },
    result: (value) => {
      if (json) stdout.write(`${jsonText(value)}\n`);
    },
  };
}

/** COLUMNS, then what the terminal says, then 80. */
export function widthOf(stream: NodeJS.WriteStream, { COLUMNS = "" }: NodeJS.ProcessEnv): number {
  return /^[1-9]\d{0,3}$/.test(COLUMNS) ? Number(COLUMNS) : stream.columns || 80;
}

/** LINES, then what the terminal says, then 24. */
const heightOf = (stream: NodeJS.WriteStream, { LINES = "" }: NodeJS.ProcessEnv): number =>
  /^[1-9]\d{0,3}$/.test(LINES) ? Number(LINES) : stream.rows || 24;

const roomOf = (stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv) =>
  stream.isTTY ? widthOf(stream, environment) : Number.POSITIVE_INFINITY;

/** A failure as --json shows it: what to do includes the flag or command that does it. */
const failureJson = (failure: ForecastLabError, output: Output) => ({
  ...failure.toJSON(),
  action: adviceOf(failure, output),
});

/** What to do, and with which flag or command, as it is typed here. */
export function adviceOf({ action, cli }: ForecastLabError, { program }: Pick<Output, "program">): string {
  return cli === undefined
    ? action
    : `${action} ${cli.replaceAll(/(?<![\w./-])forecastlab (?=[a-z])/g, `${program} `)}`;
}

/** Prints a failure: the sentence, its code, what to do; a stack only with --verbose. Returns the exit code. */
export function reportFailure(error: unknown, output: Output, streams: Streams): number {
  const failure =
    error instanceof ForecastLabError
      ? error
      : fail("INTERNAL", { reason: error instanceof Error ? error.message : String(error) }, error);
  if (output.json) {
    streams.stdout.write(`${jsonText({ error: failureJson(failure, output) })}\n`);
  } else {
    const colors = output.errorColors;
    output.error(`${colors.red("error")} ${oneLine(failure.message)} ${colors.dim(`[${failure.code}]`)}`);
    // Advice may show a place in a text: lines that are aligned already.
    for (const line of `  ${adviceOf(failure, output)}`.split("\n")) output.error(line);
  }
  if (output.verbose) for (const text of maskSecrets(inspectable(failure)).split("\n")) output.error(text);
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
    output.result(failure === undefined ? result : { ...result, error: failureJson(failure, output) });
    return failure?.exitCode ?? 0;
  }
  print(result, output);
  return failure === undefined ? 0 : reportFailure(failure, output, streams);
}

function inspectable(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${inspectable(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}

/** Reasons of PostgreSQL and DuckDB may have several lines. */
const oneLine = (text: string) => text.replaceAll(/\s*\n\s*/g, " ");
