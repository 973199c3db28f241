import { Command } from "commander";
import { registerCrossover } from "./crossover.ts";
import { registerFrame } from "./frame.ts";
import { registerIngest } from "./ingest.ts";

/* The benchmarks: `npm run bench -- NAME`, one file per name. With `npm run --silent`, --json prints its object and nothing else. */

const interruption = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => interruption.abort(new Error(`interrupted by ${name}`)));
}

const program = new Command("bench").description(
  "compare ForecastLab with the usual alternatives, on one server",
);
registerIngest(program, interruption.signal);
registerFrame(program, interruption.signal);
registerCrossover(program, interruption.signal);

try {
  await program.parseAsync();
} catch (error) {
  // An error after an interruption is a consequence of it.
  const cause = interruption.signal.aborted ? interruption.signal.reason : error;
  const { message, code } = cause as Error & { code?: string };
  process.stderr.write(`bench: ${message}${code === undefined ? "" : ` (${code})`}\n`);
  process.exitCode = 1;
}
