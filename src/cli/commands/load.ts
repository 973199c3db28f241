import type { LoadRequest, LoadResult, Phase, Progress } from "../../ingest/index.ts";
import { type Context, examples, type RegisterCommand } from "../command.ts";
import { type Output, reportFailure, table } from "../output.ts";

interface Options {
  mapping?: string;
  rejects?: string;
  maxRejects?: string;
  delimiter?: string;
  encoding?: string;
  dryRun?: boolean;
}

export const registerLoad: RegisterCommand = (program, action) => {
  program
    .command("load")
    .description("load CSV files into a table: all of it or nothing, and never a row twice")
    .argument("<table>", "store, product, calendar, sales_daily, sales_txn, price_history, …")
    .argument("<file...>", "CSV files or patterns, also compressed (.gz, .zst)")
    .option("--mapping <file>", "YAML that says how the files' columns become the table's (docs/mappings.md)")
    .option("--rejects <file>", "where faulty rows are listed (default: rejects-TABLE.csv)")
    .option("--max-rejects <N|P%>", "how many rows may be rejected for the others to be loaded (default: 0)")
    .option("--delimiter <char>", "what separates fields, or the word tab (default: comma; tab for .tsv)")
    .option("--encoding <name>", "how the files are encoded, such as latin-1 (default: utf-8)")
    .option("--dry-run", "check everything and say what would change, but write nothing to the warehouse")
    .addHelpText(
      "before",
      examples(
        "load store stores.csv",
        "load sales_txn 'data/2010-12-*.csv' --mapping sales_txn.yaml",
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
  const [{ load }, { withDatabase }] = await Promise.all([
    import("../../ingest/index.ts"),
    import("../../database/open.ts"),
  ]);
  const { settings, output, signal, streams } = context;
  const request: LoadRequest = {
    table: tableName,
    files,
    mapping: options.mapping,
    rejects: options.rejects,
    maxRejects: options.maxRejects === undefined ? undefined : parseMaxRejects(options.maxRejects),
    delimiter: options.delimiter === "tab" || options.delimiter === "\\t" ? "\t" : options.delimiter,
    encoding: options.encoding,
    dryRun: options.dryRun,
    signal,
    onProgress: progress(output, streams.stderr),
  };
  const result = await withDatabase(settings, (database) => load(database, request)).finally(() =>
    clearProgress(output, streams.stderr),
  );
  const failure =
    result.published || result.rejected <= result.max_rejects
      ? undefined
      : fail("REJECTS_OVER_LIMIT", {
          rejected: result.rejected,
          read: result.read,
          limit: result.max_rejects,
          file: result.rejects_file ?? "",
        });
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

const doing: Record<Phase, string> = {
  read: "reading",
  check: "checking",
  spool: "sorting",
  publish: "publishing",
};

function progress(output: Output, stderr: NodeJS.WriteStream): ((progress: Progress) => void) | undefined {
  if (!output.interactive) return undefined;
  return ({ phase }) => stderr.write(`\r\x1b[K${doing[phase]} …`);
}

function clearProgress(output: Output, stderr: NodeJS.WriteStream): void {
  if (output.interactive) stderr.write("\r\x1b[K");
}

const count = (value: number) => value.toLocaleString("en-US");

function printLoad(result: LoadResult, output: Output): void {
  const files = result.files.length === 1 ? (result.files[0]?.path ?? "") : `${result.files.length} files`;
  const seconds = Object.values(result.seconds).reduce((sum, value) => sum + value, 0);
  const filtered = result.filtered === 0 ? "" : `, ${count(result.filtered)} filtered out`;
  output.line(
    output.colors.bold(
      `${result.table} from ${files}: ${count(result.source_rows)} ${result.source_rows === 1 ? "row" : "rows"}${filtered}, ${seconds.toFixed(1)} s`,
    ),
  );
  output.line(`  ${identity(result)}`);
  if (result.months.length > 0) output.line(`  months ${monthsOf(result)}`);
  if (result.dry_run) output.line("  a dry run: nothing was published");
  printRejects(result, output);
}

function identity(result: LoadResult): string {
  const parts = (["inserted", "updated", "unchanged", "duplicates", "rejected", "withheld"] as const)
    .filter((part) => part !== "withheld" || result.withheld > 0)
    .map((part) => `${count(result[part])} ${part}`);
  return `read ${count(result.read)} = ${parts.join(" + ")}`;
}

/** `2010-12`, or `2010-12 to 2011-03 (4)` */
function monthsOf({ months }: LoadResult): string {
  const [first, last] = [months[0]?.month, months.at(-1)?.month];
  return first === last ? `${first}` : `${first} to ${last} (${months.length})`;
}

/** What a whole load of such rejects most likely lacks. */
const hints: Record<string, string> = {
  UNKNOWN_STORE: "load the table store first, from a file that has these codes",
  UNKNOWN_PRODUCT: "load the table product first, from a file that has these SKUs",
  UNKNOWN_DATE: "fill the days first: forecastlab calendar --from DATE --to DATE",
};

function printRejects(result: LoadResult, output: Output): void {
  if (result.rejects_file === null) return;
  const codes = Object.entries(result.reject_codes);
  const faults = codes.reduce((sum, [, number]) => sum + number, 0);
  output.note("");
  for (const line of table([["faults by code", ""], ...codes])) output.note(`  ${line}`);
  output.note("");
  for (const { file, record, column, value, message } of result.first_rejects) {
    const where = `${file} record ${record}${column === "" ? "" : `, ${column}`}`;
    output.note(`  ${where}${value === "" ? "" : ` ${JSON.stringify(value)}`}: ${message}`);
  }
  const more = faults - result.first_rejects.length;
  output.note(`  ${more > 0 ? `and ${count(more)} more; ` : ""}all of them are in ${result.rejects_file}`);
  for (const code of Object.keys(result.reject_codes)) {
    const hint = hints[code];
    if (hint !== undefined) output.note(`  ${code}: ${hint}`);
  }
}
