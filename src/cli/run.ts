import { Command, CommanderError } from "commander";
import { ForecastLabError, fail } from "../errors.ts";
import { version } from "../system/version.ts";
import { type Action, type Context, examples } from "./command.ts";
import { registerCommands } from "./commands/index.ts";
import { createOutput, type Output, reportFailure, type Streams } from "./render/output.ts";

/** What the command line is run with in place of the process's own. */
export interface RunOptions {
  readonly streams: Streams;
  readonly environment: NodeJS.ProcessEnv;
  /** Aborted to end the command, with an INTERRUPTED error as its reason. */
  readonly signal: AbortSignal;
}

/**
 * Runs one command line, as the program does for a process.
 *
 * @param argv arguments behind the program's name
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage, 3 rejects over the limit, drift or a leak found, 128 + the
 * signal's number when interrupted
 */
export async function run(argv: readonly string[], options: RunOptions): Promise<number> {
  const { streams, environment, signal } = options;
  const flags = { json: argv.includes("--json"), verbose: argv.includes("--verbose") };
  const output = createOutput(flags, environment, streams);
  const command: RunningCommand = { exitCode: 0 };
  const program = programWith(output, options, command);
  try {
    await program.parseAsync([...argv], { from: "user" });
    return command.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return reportUsage(error, output, streams);
    // Whatever breaks after the interruption broke because of it.
    const cause = signal.aborted ? signal.reason : await explained(error, command);
    const code = reportFailure(cause, output, streams);
    const interrupted = cause instanceof ForecastLabError && cause.code === "INTERRUPTED";
    return interrupted ? signalExit[cause.received.signal as keyof typeof signalExit] : code;
  }
}

/** The command that was called. */
interface RunningCommand {
  exitCode: number;
  /** Undefined until its settings are read. */
  context?: Context;
}

async function explained(error: unknown, { context }: RunningCommand): Promise<unknown> {
  if (context === undefined || !(error instanceof ForecastLabError) || error.code !== "SCHEMA_MISSING")
    return error;
  const { asSchemaState } = await import("./schema-state.ts");
  return asSchemaState(error, context);
}

/** The shell's convention: 128 + the signal's number. */
export const signalExit = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

function programWith(
  output: Output,
  { streams, environment, signal }: RunOptions,
  command: RunningCommand,
): Command {
  const action: Action =
    (work) =>
    async (...args) => {
      const global = (args.pop() as Command).optsWithGlobals<{ home?: string }>();
      const { readSettings } = await import("../database/settings.ts");
      const home = global.home === undefined ? {} : { FORECASTLAB_HOME: global.home };
      const settings = await readSettings({ ...environment, ...home }, process.cwd());
      const context = { settings, output, environment, signal, streams };
      command.context = context;
      // biome-ignore lint/suspicious/noExplicitAny: commander passes the arguments on untyped
      command.exitCode = (await work(context, ...(args as any))) ?? 0;
    };
  const program = new Command("forecastlab")
    .description(
      "A retail data warehouse that rejects inconsistent facts, and training frames without leaks.",
    )
    .version(version, "-V, --version", "print the version")
    .option("--json", "print one JSON object on stdout")
    .option("--verbose", "print the causes of an error")
    .option("--home <folder>", "folder of the embedded server (FORECASTLAB_HOME, default .forecastlab)")
    .helpOption("-h, --help", "show help")
    .showSuggestionAfterError()
    .addHelpText(
      "before",
      examples(
        "demo",
        "upgrade",
        "load sales_daily sales/*.csv",
        "load sales_txn invoices.csv --mapping shop.yaml",
        "frame --cutoff 2024-05-14 --horizon 28 --out frame.parquet",
      ),
    )
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text),
      outputError: () => {},
    })
    .exitOverride();
  registerCommands(program, action);
  return program;
}

/** Help and the version are no failures; what else commander throws is wrong usage. */
function reportUsage(error: CommanderError, output: Output, streams: Streams): number {
  if (error.code === "commander.help") return 2;
  if (error.exitCode === 0) return 0;
  const problem = error.message
    .replace(/^error: /, "")
    .replace(/\n/g, " ")
    .replace(/\.$/, "");
  const sentence = problem.charAt(0).toUpperCase() + problem.slice(1);
  return reportFailure(fail("USAGE", { problem: `${sentence}.` }), output, streams);
}
