import { runCommand } from "../command-line.ts";
import type { Bench } from "./bench.ts";
import type { LoadMeasurement } from "./measurement.ts";

/** What the load must say it did: rows, and files the ledger knew. */
export interface Expected {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly recognised: number;
}

/** What the bench reads of the load's result. */
interface Result extends Omit<Expected, "recognised"> {
  readonly already_loaded: readonly unknown[];
  readonly months: readonly { readonly method: string }[];
  readonly seconds: Readonly<Record<string, number>>;
}

/** Loads a file with the command line, and checks what it says it did. */
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
  requireSame({ inserted, updated, unchanged, recognised: output.already_loaded.length }, expected);
  return { rows, seconds, phases: output.seconds, months: methodsOf(output), peak_rss_mb };
}

function requireSame(found: Expected, expected: Expected): void {
  const [said, due] = [found, expected].map((counts) => JSON.stringify(counts));
  if (said !== due) throw new Error(`the load says ${said}, and ${due} was to be`);
}

/** `{ attach: 17 }` */
function methodsOf({ months }: Result): Record<string, number> {
  const methods: Record<string, number> = {};
  for (const { method } of months) methods[method] = (methods[method] ?? 0) + 1;
  return methods;
}
