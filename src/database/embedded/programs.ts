import { spawn } from "node:child_process";
import type { OsUser } from "./os-user.ts";

/** How a program ended. */
export interface ProgramResult {
  /** The exit code; undefined if the program did not start or was killed. */
  readonly status: number | undefined;
  readonly output: string;
  readonly errors: string;
  /** One line: the last error line of the program, or the error of the system. */
  readonly reason: string;
}

/**
 * Runs a program to its end. It runs in a session of its own, so that a Ctrl-C for the command does not kill it half-way, and
 * without the secrets and PG* settings of the command's environment.
 *
 * @param options.osUser the user to run it as. Default: the user running the command
 * @param options.input the text of its standard input. Default: empty
 */
export function runProgram(
  program: string,
  args: string[],
  options: { osUser?: OsUser | undefined; input?: string } = {},
): Promise<ProgramResult> {
  const notStarted = (error: unknown): ProgramResult => ({
    status: undefined,
    output: "",
    errors: "",
    reason: systemErrorCode(error),
  });
  return new Promise<ProgramResult>((resolve) => {
    const child = spawn(program, args, {
      ...uidAndGid(options.osUser),
      cwd: "/",
      env: serverEnvironment(process.env),
      detached: true,
      windowsHide: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      errors += chunk;
    });
    // A program may end without reading its input; only its status counts.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
    child.once("error", (error) => resolve(notStarted(error)));
    child.once("close", (code, signal) => {
      const reason = signal === null ? lastLine(errors) || `exit status ${code}` : `killed by ${signal}`;
      resolve({ status: code ?? undefined, output, errors, reason });
    });
  }).catch(notStarted);
}

/** The code of an error of the system, such as EPERM; its message if it has none. */
export function systemErrorCode(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}

/** The options of `spawn` that run a program as another user. Node then also drops root's supplementary groups. */
export function uidAndGid(osUser: OsUser | undefined): { uid?: number; gid?: number } {
  return osUser === undefined ? {} : { uid: osUser.uid, gid: osUser.gid };
}

const inherited = /^(PATH|LD_LIBRARY_PATH|DYLD_\w+|SystemRoot|windir|TEMP|TMP|ComSpec)$/i;

/** The environment of a server. It may run as another user and longer than the command, so it gets only what it needs. */
export function serverEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const entries = Object.entries(environment).filter(([name]) => inherited.test(name));
  return { ...Object.fromEntries(entries), LC_ALL: "C", TZ: "UTC" };
}

/** The first error in the output of a PostgreSQL program, without its prefix; the errors after it follow from it. */
export function firstError(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  const [marked] = lines.flatMap((line) => /(?:FATAL|PANIC|ERROR|error): +(.+)$/.exec(line)?.[1] ?? []);
  return (marked ?? lastLine(text)).replace(/\.$/, "");
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.trim() ?? "";
}
