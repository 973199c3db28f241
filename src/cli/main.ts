#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { ForecastLabError, fail } from "../errors.ts";
import { version } from "../system/version.ts";
import { type Action, examples } from "./command.ts";
import { registerCommands } from "./commands/index.ts";
import { createOutput, reportFailure, type Streams } from "./render/output.ts";

const streams: Streams = process;
const environment = process.env;

// A reader that has seen enough (`| head`) closes the pipe: the command still ends as it should.
for (const stream of [streams.stdout, streams.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

/** The command line as a whole; returns the exit code. */
async function main(argv: string[]): Promise<number> {
  let exitCode = 0;
  const flags = { json: argv.includes("--json"), verbose: argv.includes("--verbose") };
  const output = createOutput(flags, environment, streams);
  const interruption = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      // A second Ctrl-C means it: leave at once; PostgreSQL rolls back what was not committed.
      if (interruption.signal.aborted) process.exit(signalExit[name]);
      interruption.abort(fail("INTERRUPTED", { signal: name }));
    });
  }

  const action: Action =
    (work) =>
    async (...args) => {
      const command = args.pop() as Command;
      const global = command.optsWithGlobals<{ home?: string }>();
      const { readSettings } = await import("../database/settings.ts");
      const laidOver = {
        ...environment,
        ...(global.home === undefined ? {} : { FORECASTLAB_HOME: global.home }),
      };
      const settings = await readSettings(laidOver, process.cwd());
      const context = { settings, output, environment, signal: interruption.signal, streams };
      // biome-ignore lint/suspicious/noExplicitAny: commander hands the arguments over untyped
      exitCode = (await work(context, ...(args as any))) ?? 0;
    };

  const program = new Command("forecastlab")
    .description("A retail data warehouse that cannot hold a wrong fact.")
    .version(version, "-V, --version", "print the version")
    .option("--json", "print one JSON object on stdout")
    .option("--verbose", "print the causes of an error")
    .option("--home <folder>", "the embedded server's folder (FORECASTLAB_HOME, default .forecastlab)")
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
    .configureOutput({ outputError: () => {} })
    .exitOverride();
  registerCommands(program, action);

  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0 || error.code === "commander.help")
        return error.code === "commander.help" ? 2 : 0;
      const problem = error.message
        .replace(/^error: /, "")
        .replace(/\n/g, " ")
        .replace(/\.$/, "");
      return reportFailure(fail("USAGE", { problem: `${sentence(problem)}.` }), output, streams);
    }
    // Whatever breaks after the interruption broke because of it.
    const cause = interruption.signal.aborted ? interruption.signal.reason : error;
    const code = reportFailure(cause, output, streams);
    const received =
      cause instanceof ForecastLabError && cause.code === "INTERRUPTED" ? cause.received.signal : undefined;
    return received === undefined ? code : signalExit[received as keyof typeof signalExit];
  }
}

/** The shell's convention: 128 + the signal's number. */
const signalExit = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

process.exitCode = await main(process.argv.slice(2));
