import { Command, CommanderError } from "commander";
import { ForecastLabError, fail } from "../errors.ts";
import { didYouMean } from "../system/did-you-mean.ts";
import { version } from "../system/version.ts";
import type { Action, Context } from "./command.ts";
import { registerCommands } from "./commands/index.ts";
import { examples, helpConfiguration, helpWidth, markRequiredOptions, pathOf } from "./help.ts";
import {
  createOutput,
  type Output,
  type OutputOptions,
  reportFailure,
  type Streams,
} from "./render/output.ts";
import { printable } from "./render/palette.ts";

/** What the command line is run with in place of the process's own. */
export interface RunOptions {
  readonly streams: Streams;
  readonly environment: NodeJS.ProcessEnv;
  /** Aborted to end the command, with an INTERRUPTED error as its reason. */
  readonly signal: AbortSignal;
  /** How the program is called, for examples and advice. Default: `forecastlab`. */
  readonly program?: string;
}

/**
 * Runs one command line, as the program does for a process.
 *
 * @param argv arguments behind the program's name
 * @returns the exit code: 0 done, 1 failed or called without a command, 2 wrong usage, 3 rejects over the limit, drift or a leak found, 128 + the
 * signal's number when interrupted
 */
export async function run(argv: readonly string[], options: RunOptions): Promise<number> {
  const { streams, environment, signal } = options;
  const args = withPsqlArgumentsApart(argv);
  const output = createOutput(
    { ...globalFlags(args), program: options.program ?? "forecastlab" },
    environment,
    streams,
  );
  const command: RunningCommand = { exitCode: 0 };
  const program = programWith(output, options, command);
  try {
    await program.parseAsync(args, { from: "user" });
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

/** What decides how everything is printed, wherever it is on the command line. */
function globalFlags(args: readonly string[]): OutputOptions {
  const own = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  const has = (...flags: string[]) => own.some((arg) => flags.includes(arg));
  return { json: has("--json"), verbose: has("--verbose"), quiet: has("-q", "--quiet") };
}

/** All arguments after `db psql` are psql's, which has a -q and a -h too; only --help is ours. */
function withPsqlArgumentsApart(argv: readonly string[]): string[] {
  const end = argv.findIndex((arg, index) => arg === "psql" && argv[index - 1] === "db") + 1;
  const rest = argv.slice(end);
  if (end === 0 || rest.includes("--") || rest[0] === "--help") return [...argv];
  return [...argv.slice(0, end), "--", ...rest];
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
  running: RunningCommand,
): Command {
  const action: Action =
    (work) =>
    async (...args) => {
      const command = args.pop() as Command;
      requireKnownSubcommand(command);
      const global = command.optsWithGlobals<{ home?: string }>();
      const { readSettings } = await import("../database/settings.ts");
      const home = global.home === undefined ? {} : { FORECASTLAB_HOME: global.home };
      const settings = await readSettings({ ...environment, ...home }, process.cwd());
      const context = { settings, output, environment, signal, streams };
      running.context = context;
      // biome-ignore lint/suspicious/noExplicitAny: commander passes the arguments on untyped
      running.exitCode = (await work(context, ...(args as any))) ?? 0;
    };
  const program = new Command(output.program)
    .description(
      "A retail data warehouse that rejects inconsistent facts, and training frames without leaks.",
    )
    .version(version, "-V, --version", "print the version")
    .option("--json", "print one JSON object on stdout")
    .option("-q, --quiet", "print nothing but errors and what the command is asked for")
    .option("--verbose", "print the causes of an error")
    .option("--home <folder>", "folder of the embedded server (FORECASTLAB_HOME, default .forecastlab)")
    .helpOption("-h, --help", "show help")
    .helpCommand(false)
    .showSuggestionAfterError()
    .configureHelp(helpConfiguration(output))
    .addHelpText(
      "after",
      examples(
        "demo",
        "upgrade",
        "load sales_daily sales/*.csv",
        "load sales_txn invoices.csv --mapping shop.yaml",
        "frame --cutoff 2024-05-14 --horizon 28 --out frame.parquet",
        "help load",
      ),
    )
    .configureOutput({
      writeOut: (text) => writeHelp(text, streams),
      // Only the help of a command that needs a subcommand: like git and npm, on stdout.
      writeErr: (text) => writeHelp(text, streams),
      getOutHelpWidth: () => helpWidth(output),
      getErrHelpWidth: () => helpWidth(output),
      // The palette decides about colors.
      getOutHasColors: () => true,
      getErrHasColors: () => true,
      outputError: () => {},
    })
    .exitOverride();
  registerCommands(program, action);
  markRequiredOptions(program);
  for (const command of program.commands) {
    // Else a mistyped subcommand would be one argument too many.
    if (command.commands.length > 0) command.allowExcessArguments();
  }
  return program;
}

const writeHelp = (text: string, { stdout }: Streams) =>
  stdout.write(text.split("\n").map(printable).join("\n"));

/** @throws USAGE */
function requireKnownSubcommand(command: Command): void {
  const [word] = command.args;
  if (command.commands.length === 0 || word === undefined) return;
  const hint = didYouMean(
    word,
    command.commands.map((subcommand) => subcommand.name()),
  );
  const path = pathOf(command).slice(1).join(" ");
  throw fail("USAGE", {
    problem: `${path} has no subcommand '${word}'${hint === undefined ? "" : ` (${hint})`}.`,
  });
}

/** Help and the version are no failures; what else commander throws is wrong usage. */
function reportUsage(error: CommanderError, output: Output, streams: Streams): number {
  if (error.exitCode === 0) return 0;
  // Without the command that is needed, its help was printed: like git and npm, that is a failure.
  if (error.code === "commander.help") return 1;
  const problem = error.message
    .replace(/^error: /, "")
    .replace(/\n\(D/g, " (d")
    .replace(/\n/g, " ")
    .replace(/\.$/, "");
  const sentence = problem.charAt(0).toUpperCase() + problem.slice(1);
  return reportFailure(fail("USAGE", { problem: `${sentence}.` }), output, streams);
}
