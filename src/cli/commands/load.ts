import { Option } from "commander";
import type { DuplicatePolicy, LoadRequest } from "../../ingest/index.ts";
import { type Context, examples, type RegisterCommand } from "../command.ts";
import { reportFailure } from "../render/output.ts";

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
  dryRun?: boolean;
}

export const registerLoad: RegisterCommand = (program, action) => {
  program
    .command("load")
    .description("load files into a table: all of it or nothing, and never a row twice")
    .argument("<table>", "store, product, calendar, sales_daily, sales_txn, price_history, …")
    .argument(
      "<file...>",
      "CSV, Parquet or NDJSON, also in gzip or zstd: files, patterns, folders, or - (docs/formats.md)",
    )
    .option("--mapping <file>", "YAML that says how the files' columns become the table's (docs/mappings.md)")
    .option("--rejects <file>", "where faulty rows are listed (default: rejects-TABLE.csv)")
    .option("--max-rejects <N|P%>", "how many rows may be rejected for the others to be loaded (default: 0)")
    .addOption(
      new Option(
        "--on-duplicate <policy>",
        "what becomes of rows of one grain that differ (default: reject)",
      ).choices(["reject", "first", "last", "sum"]),
    )
    .option(
      "--create-missing",
      "add stores, products and days that the rows speak of and the warehouse lacks",
    )
    .option("--again", "also load files that were loaded before")
    .option("--no-wait", "fail at once while another load is at work on one of the months")
    .option("--delimiter <char>", "what separates fields, or the word tab (default: comma; tab for .tsv)")
    .option("--encoding <name>", "how the files are encoded, such as latin-1 (default: utf-8)")
    .option("--dry-run", "check everything and say what would change, but write nothing to the warehouse")
    .addHelpText(
      "before",
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
  const [{ load, refusalOf }, { withDatabase }, { printLoad }, { progressDisplay }] = await Promise.all([
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
    dryRun: options.dryRun,
    signal,
    onProgress: display.onProgress,
    onWait: display.onWait,
  };
  const result = await withDatabase(settings, (database) => load(database, request)).finally(display.clear);
  const failure = refusalOf(result);
  if (output.json) {
    output.result(failure === undefined ? result : { ...result, error: failure });
    return failure?.exitCode ?? 0;
  }
  printLoad(result, output);
  return failure === undefined ? 0 : reportFailure(failure, output, streams);
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
