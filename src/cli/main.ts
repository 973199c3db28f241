#!/usr/bin/env node
import { fail } from "../errors.ts";
import { programCall } from "./program-call.ts";
import { run, signalExit } from "./run.ts";

// A reader that has seen enough (`| head`) closes the pipe: the command still ends as it should.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

const interruption = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(name, () => {
    // A second Ctrl-C leaves at once; PostgreSQL rolls back what was not committed.
    if (interruption.signal.aborted) process.exit(signalExit[name]);
    interruption.abort(fail("INTERRUPTED", { signal: name }));
  });
}

process.exitCode = await run(process.argv.slice(2), {
  streams: process,
  environment: process.env,
  signal: interruption.signal,
  program: programCall(process.argv[1] ?? "", process.env, process.cwd()),
});
