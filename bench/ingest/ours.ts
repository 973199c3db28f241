import { runCommand } from "../command-line.ts";
import type { Bench } from "./bench.ts";
import type { LoadMeasurement } from "./measurement.ts";

/** The counts that the load must report: rows, and files recognized by the ledger. */
export interface Expected {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly recognized: number;
}

/** The parts of a load's result that the bench reads. */
interface Result extends Omit<Expected, "recognized"> {
  readonly already_loaded: readonly unknown[];
  readonly months: readonly { readonly method: string }[];
  readonly seconds: Readonly<Record<string, number>>;
}

/** Loads a file with the command line, and checks the counts it reports. */
export async function loadOurs(
  { server, folder, signal }: Bench,
  database: string,
  file: string,
  rows: number,
  expected: Expected,
  flags: readonly string[] = [],
): Promise<LoadMeasurement> {
  const { seconds, output, peak_rss_mb } = await runCommand<Result>(["load", "sales_daily", file, ...flags], {
    ...{ folder, signal },
    database: server.database(database),
  });
  const { inserted, updated, unchanged } = output;
  requireSame({ inserted, updated, unchanged, recognized: output.already_loaded.length }, expected);
  return { rows, seconds, phases: output.seconds, months: methodsOf(output), peak_rss_mb };
}

function requireSame(found: Expected, expected: Expected): void {
  const [reported, due] = [found, expected].map((counts) => JSON.stringify(counts));
  if (reported !== due) throw new Error(`the load reports ${reported} instead of ${due}`);
}

/** `{ attach: 17 }` */
function methodsOf({ months }: Result): Record<string, number> {
  const methods: Record<string, number> = {};
  for (const { method } of months) methods[method] = (methods[method] ?? 0) + 1;
  return methods;
}
