import { Command } from "commander";
import { registerCrossover } from "./crossover.ts";
import { registerFrame } from "./frame.ts";
import { registerIngest } from "./ingest.ts";

/* The benchmarks: `npm run bench -- NAME`, one file a name. `npm run --silent` where stdout is to hold nothing but --json. */

const interruption = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => interruption.abort(new Error(`interrupted by ${name}`)));
}

const program = new Command("bench").description("measures ForecastLab beside the usual ways, on one server");
registerIngest(program, interruption.signal);
registerFrame(program, interruption.signal);
registerCrossover(program, interruption.signal);

try {
  await program.parseAsync();
} catch (error) {
  // Whatever breaks after the interruption broke because of it.
  const cause = interruption.signal.aborted ? interruption.signal.reason : error;
  const { message, code } = cause as Error & { code?: string };
  process.stderr.write(`bench: ${message}${code === undefined ? "" : ` (${code})`}\n`);
  process.exitCode = 1;
}
