import { Option } from "commander";
import { fail } from "../../errors.ts";
import type { QueryFormat, QueryOptions, QueryRows } from "../../query/index.ts";
import { countText } from "../../system/numbers.ts";
import { type Context, examples, notes, type RegisterCommand } from "../command.ts";

interface Options {
  format?: "table" | QueryFormat;
  out?: string;
  file?: string;
  param: string[];
  limit?: string;
  timeout: string;
}

export const registerQuery: RegisterCommand = (program, action) => {
  program
    .command("query")
    .description("run one SQL statement that reads, and print or save its rows")
    .argument("[sql]", "the statement, or - for standard input")
    .option("--file <file>", "read the statement from a file")
    .option(
      "--param <value>",
      "value of $1; repeat it for $2 and so on",
      (value: string, values: string[]) => [...values, value],
      [],
    )
    .addOption(
      new Option(
        "--format <format>",
        "default: what the name of --out ends in, else a table (docs/query.md)",
      ).choices(["table", "csv", "json", "ndjson", "parquet"]),
    )
    .option("--out <file>", "write the rows to a file, complete or not at all")
    .option("--limit <N>", "at most so many rows (default: all)")
    .option("--timeout <seconds>", "the server gives up after so many seconds; 0: never", "300")
    .addHelpText(
      "after",
      notes(() => "Nothing that the statement, or a function that it calls, would change is kept."),
    )
    .addHelpText(
      "after",
      examples(
        'query "SELECT code, name FROM store ORDER BY code"',
        "query 'SELECT * FROM weather WHERE date = $1' --param 2024-02-29 --out day.parquet",
        "query --file monthly.sql --format csv > monthly.csv",
        "query - --format ndjson --limit 10 < days.sql",
      ),
    )
    .action(action(run));
};

async function run(context: Context, argument: string | undefined, options: Options): Promise<undefined> {
  const { settings, output, signal } = context;
  const [{ exportQuery, withQuery }, { withDatabase }] = await Promise.all([
    import("../../query/index.ts"),
    import("../../database/open.ts"),
  ]);
  const format = formatOf(context, options);
  const sql = await statementOf(argument, options.file);
  const request: QueryOptions = {
    parameters: options.param,
    limit: numberOf("--limit", options.limit),
    timeout_s: numberOf("--timeout", options.timeout),
    signal,
  };
  const { out } = options;
  if (out !== undefined && format !== "table") {
    const written = await withDatabase(settings, (database) =>
      exportQuery(database, sql, { ...request, out, format }),
    );
    output.result(written);
    output.note(`${countOf(written.row_count, written.more)} in ${out}`);
    return;
  }
  await withDatabase(settings, (database) =>
    withQuery(database, sql, request, async (rows) => {
      await print(context, rows, format);
      output.note(countOf(rows.count(), rows.more()));
    }),
  );
}

const countOf = (rows: number, more: boolean) =>
  `${countText(rows, "row")}${more ? "; there are more than --limit allows" : ""}`;

async function print(
  { output, streams: { stdout }, signal }: Context,
  rows: QueryRows,
  format: "table" | QueryFormat | undefined,
): Promise<void> {
  const [{ writeRows }, { standardOutput }, { printQueryTable }] = await Promise.all([
    import("../../query/index.ts"),
    import("../render/standard-output.ts"),
    import("../render/query-table.ts"),
  ]);
  if (output.json) return writeRows(rows, "json document", standardOutput(stdout, signal), signal);
  if (format === "table" || format === undefined) {
    return printQueryTable(rows, output, stdout, signal);
  }
  return writeRows(rows, format, standardOutput(stdout, signal), signal);
}

/** The format; undefined if the file's name is to say it. */
function formatOf({ output, streams }: Context, { format, out }: Options): Options["format"] {
  if (out !== undefined) {
    if (format === "table")
      throw fail("USAGE", { problem: "A table is printed; --out needs another --format." });
    return format;
  }
  if (output.json && format !== undefined) {
    throw fail("USAGE", { problem: "--json prints one object; --format is for --out then." });
  }
  if (format === "parquet" && streams.stdout.isTTY) {
    throw fail("USAGE", { problem: "Parquet is not text for a terminal; write it to a file with --out." });
  }
  return format;
}

async function statementOf(argument: string | undefined, file: string | undefined): Promise<string> {
  const [{ readFile }, { asFileFailure }] = await Promise.all([
    import("node:fs/promises"),
    import("../../system/file-failures.ts"),
  ]);
  if ((argument === undefined) === (file === undefined)) {
    const problem = argument === undefined ? "No statement is given" : "Two statements are given";
    throw fail("USAGE", {
      problem: `${problem}: write it as an argument, name a --file, or use - to pipe it in.`,
    });
  }
  if (file !== undefined) {
    const text = await readFile(file, "utf8").catch((error) => {
      throw asFileFailure(error, file, "read");
    });
    return text.replace(/^\ufeff/, "");
  }
  if (argument !== "-") return argument ?? "";
  if (process.stdin.isTTY) {
    throw fail("USAGE", {
      problem: "The statement - is standard input, and that is a terminal: pipe it in.",
    });
  }
  const { text } = await import("node:stream/consumers");
  return text(process.stdin);
}

function numberOf(flag: string, text: string): number;
function numberOf(flag: string, text: string | undefined): number | undefined;
function numberOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw fail("USAGE", { problem: `${flag} takes a whole number, not ${text}.` });
}
