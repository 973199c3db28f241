import type { Command } from "commander";
import type { Settings } from "../database/settings.ts";
import type { Output, Streams } from "./render/output.ts";

/** What the work of every command gets. */
export interface Context {
  readonly settings: Settings;
  readonly output: Output;
  readonly environment: NodeJS.ProcessEnv;
  /** Aborted by Ctrl-C or a termination signal, with an INTERRUPTED error as its reason. */
  readonly signal: AbortSignal;
  readonly streams: Streams;
}

/**
 * Wraps the work of a command: `work(context, arguments…, options)`. What it returns, if anything, is the exit
 * code; what it throws is reported by main.
 */
export type Action = <A extends unknown[]>(
  work: (context: Context, ...args: A) => Promise<number | undefined>,
) => (...args: [...A, Command]) => Promise<void>;

/**
 * One file per command. It declares arguments, options and examples, and imports what does the work only when it runs, so
 * that `--help` starts fast.
 */
export type RegisterCommand = (program: Command, action: Action) => void;

export { examples, named, notes } from "./help.ts";
