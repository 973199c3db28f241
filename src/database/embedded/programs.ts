import { spawn } from "node:child_process";
import type { Account } from "./os-user.ts";

/** How a program of PostgreSQL ended. `status` is undefined when it did not start or was killed; `reason` says why. */
export interface Ending {
  readonly status: number | undefined;
  readonly output: string;
  readonly errors: string;
  /** One line: what the system or the program said last. */
  readonly reason: string;
}

/**
 * Runs a program to its end, as the account if one is given. It gets a session of its own, so that a Ctrl-C meant for
 * the command does not kill it half-way, and an environment without the caller's secrets and PG* settings.
 */
export function runProgram(
  program: string,
  args: string[],
  options: { account?: Account | undefined; input?: string } = {},
): Promise<Ending> {
  const never = (error: unknown): Ending => ({
    status: undefined,
    output: "",
    errors: "",
    reason: systemCode(error),
  });
  return new Promise<Ending>((resolve) => {
    const child = spawn(program, args, {
      ...identity(options.account),
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
    // A program that ends without reading its input is judged by its status.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
    child.once("error", (error) => resolve(never(error)));
    child.once("close", (code, signal) => {
      const reason = signal === null ? lastLine(errors) || `exit status ${code}` : `killed by ${signal}`;
      resolve({ status: code ?? undefined, output, errors, reason });
    });
  }).catch(never);
}

/** The system's name for what went wrong, such as EPERM. */
export function systemCode(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}

/** What `spawn` needs to run a program as another user; it drops root's supplementary groups by itself. */
export function identity(account: Account | undefined): { uid?: number; gid?: number } {
  return account === undefined ? {} : { uid: account.uid, gid: account.gid };
}

const passedOn = /^(PATH|LD_LIBRARY_PATH|DYLD_\w+|SystemRoot|windir|TEMP|TMP|ComSpec)$/i;

/** A server may outlive the command by far and run as another user: it is given nothing it does not need. */
export function serverEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => passedOn.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: "C", TZ: "UTC" };
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.trim() ?? "";
}

/** What PostgreSQL complained of: the first line it marked as an error, without the mark. More follow from the first. */
export function complaint(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  const [marked] = lines.flatMap((line) => /(?:FATAL|PANIC|ERROR|error): +(.+)$/.exec(line)?.[1] ?? []);
  return (marked ?? lastLine(text)).replace(/\.$/, "");
}
