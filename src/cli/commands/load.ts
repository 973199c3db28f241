import { Argument, Option } from "commander";
import type { DuplicatePolicy, LoadRequest } from "../../ingest/index.ts";
import { type Context, examples, named, type RegisterCommand } from "../command.ts";
import { monthWaitOption } from "../lock-wait.ts";
import { reportResult } from "../render/output.ts";
import { tableNames } from "../table-names.ts";

interface Options {
  mapping?: string;
  rejects?: string;
  maxRejects?: string;
  delimiter?: string;
  encoding?: string;
  onDuplicate?: DuplicatePolicy;
  createMissing?: boolean;
  again?: boolean;
  wait: boolean;
  lockWait?: number;
  dryRun?: boolean;
}

export const registerLoad: RegisterCommand = (program, action) => {
  program
    .command("load")
    .description("load files into a table: all of them or nothing, and no row twice")
    .addArgument(named(new Argument("<table>", "the table to load"), tableNames))
    .argument(
      "<file...>",
      "CSV, Parquet or NDJSON, also in gzip or zstd: files, patterns, folders, or - (docs/formats.md)",
    )
    .option("--mapping <file>", "YAML that maps the files' columns to the table's (docs/mappings.md)")
    .option(
      "--rejects <file>",
      "where rejected rows are written (default: a new file rejects-TABLE-TIME-N.csv)",
    )
    .option("--max-rejects <N|P%>", "how many rows may be rejected without failing the load (default: 0)")
    .addOption(
      new Option(
        "--on-duplicate <policy>",
        "what to do with rows that have the same grain and different values; sum also adds up equal rows",
      )
        .choices(["reject", "first", "last", "sum"])
        .default(undefined, "reject"),
    )
    .option(
      "--create-missing",
      "add stores, products and days that the rows refer to and the warehouse lacks",
    )
    .option("--again", "load files again that were loaded before")
    .option("--no-wait", "fail at once if another load is running on one of the months")
    .addOption(monthWaitOption())
    .option("--delimiter <char>", "field delimiter, or the word tab (default: comma; tab for .tsv)")
    .option("--encoding <name>", "encoding of the files, such as latin-1 (default: utf-8)")
    .option("--dry-run", "check everything and report what would change, but write nothing to the warehouse")
    .addHelpText(
      "after",
      examples(
        "load store stores.csv",
        "load sales_txn 'data/2010-12-*.csv' --mapping sales_txn.yaml",
        "load sales_daily warehouse/sales/ '2024-01/**/*.parquet'",
        "load sales_daily - < sales.ndjson",
        "load sales_daily sales.csv.gz --max-rejects 0.1% --rejects faulty.csv",
        "load price_history prices.tsv --encoding latin-1 --dry-run",
      ),
    )
    .action(action(run));
};

async function run(context: Context, tableName: string, files: string[], options: Options): Promise<number> {
  const { fail } = await import("../../errors.ts");
  const problem = problemOf(options);
  if (problem !== undefined) throw fail("USAGE", { problem });
  const [{ load, loadRefusal }, { withDatabase }, { printLoad }, { progressDisplay }] = await Promise.all([
    import("../../ingest/index.ts"),
    import("../../database/open.ts"),
    import("../render/load-report.ts"),
    import("../render/progress.ts"),
  ]);
  const { settings, output, signal, streams } = context;
  const display = progressDisplay(output, streams.stderr);
  const request: LoadRequest = {
    table: tableName,
    files,
    mapping: options.mapping,
    rejects: options.rejects,
    maxRejects: options.maxRejects === undefined ? undefined : parseMaxRejects(options.maxRejects),
    delimiter: options.delimiter === "tab" || options.delimiter === "\\t" ? "\t" : options.delimiter,
    encoding: options.encoding,
    onDuplicate: options.onDuplicate,
    createMissing: options.createMissing,
    again: options.again,
    wait: options.wait,
    lockWait_s: options.lockWait,
    dryRun: options.dryRun,
    signal,
    onProgress: display.onProgress,
    onWait: display.onWait,
    onStep: display.onStep,
  };
  const result = await withDatabase(settings, (database) => load(database, request)).finally(display.clear);
  return reportResult(result, loadRefusal(result), printLoad, context);
}

/** What is wrong with the flags, if anything. */
function problemOf({ maxRejects, delimiter }: Options): string | undefined {
  if (maxRejects !== undefined && parseMaxRejects(maxRejects) === undefined) {
    return `--max-rejects takes a number of rows or a percentage, such as 10 or 0.5%, not ${maxRejects}.`;
  }
  if (delimiter !== undefined && !/^([\x20-\x7e\t]|tab|\\t)$/.test(delimiter)) {
    return `--delimiter takes one character or the word tab, not ${delimiter}.`;
  }
  return undefined;
}

function parseMaxRejects(text: string): { rows: number } | { percent: number } | undefined {
  if (/^\d+$/.test(text)) return { rows: Number(text) };
  if (!/^\d+(\.\d+)?%$/.test(text)) return undefined;
  const percent = Number(text.slice(0, -1));
  return percent <= 100 ? { percent } : undefined;
}
