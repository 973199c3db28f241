import type { LoadResult, Method } from "../../ingest/index.ts";
import { contractOf } from "../../schema/contracts.ts";
import type { TableName } from "../../schema/tables.ts";
import { countText, numberText, secondsText } from "../../system/numbers.ts";
import { type Output, table } from "./output.ts";

/** Prints what a load did: rows on stdout, rejects on stderr. */
export function printLoad(result: LoadResult, output: Output): void {
  const before = result.already_loaded;
  for (const { path, load_id, finished_at } of before) {
    output.report(`${path} was loaded before: load ${load_id}, ${finished_at}`);
  }
  if (before.length > 0) output.report(`  --again loads ${before.length === 1 ? "it" : "them"} again`);
  if (result.files.length === 0) return;
  output.report(output.colors.bold(title(result)));
  for (const line of identity(result, output.width)) output.report(line);
  const created = Object.entries(result.created).filter(([, rows]) => rows > 0);
  if (created.length > 0) {
    const verb = result.published ? "created" : "to be created";
    output.report(`  ${verb} in ${created.map(([name, rows]) => `${name}: ${numberText(rows)}`).join(", ")}`);
  }
  if (result.months.length > 0) {
    output.report();
    for (const line of table(byMethod(result), output.room - 2)) output.report(`  ${line}`);
  }
  output.report();
  const seconds = Object.entries(result.seconds).map(([phase, value]) => `${phase} ${secondsText(value)}`);
  output.report(`  ${output.colors.dim(seconds.join(", "))}`);
  if (result.dry_run) output.report("  dry run: nothing was published");
  noteDroppedLines(result, output);
  printRejects(result, output);
}

/** `sales_daily from sales.csv: 5,000,000 rows in 25.3 s (198,000 rows/s), load 17` */
function title(result: LoadResult): string {
  const files = result.files.length === 1 ? (result.files[0]?.path ?? "") : `${result.files.length} files`;
  const seconds = Object.values(result.seconds).reduce((sum, value) => sum + value, 0);
  const rows = countText(result.source_rows, "row");
  const filtered = result.filtered === 0 ? "" : `, ${numberText(result.filtered)} filtered out`;
  const rate = Number((result.source_rows / seconds).toPrecision(3));
  const speed = result.source_rows >= 10_000 ? ` (${numberText(rate)} rows/s)` : "";
  const number = result.load_id === null ? "" : `, load ${result.load_id}`;
  return `${result.table} from ${files}: ${rows}${filtered} in ${secondsText(seconds)}${speed}${number}`;
}

/** `read 3 = 1 inserted + 2 updated + …`, in lines that fit. */
function identity(result: LoadResult, width: number): string[] {
  const parts = (["inserted", "updated", "unchanged", "duplicates", "rejected", "withheld"] as const)
    .filter((part) => part !== "withheld" || result.withheld > 0)
    .map((part) => `${numberText(result[part])} ${part}`);
  const lines = [`  read ${numberText(result.read)} = ${parts[0]}`];
  for (const part of parts.slice(1)) {
    const longer = `${lines.at(-1)} + ${part}`;
    if (longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(`    + ${part}`);
  }
  return lines;
}

const methods: readonly Method[] = ["attach", "rebuild", "merge", "unchanged"];

/** One row per method: its months and the changes of their rows. */
function byMethod({ months }: LoadResult): (string | number)[][] {
  const rows = methods.flatMap((method) => {
    const own = months.filter((month) => month.method === method);
    const sum = (part: "inserted" | "updated" | "unchanged") =>
      own.reduce((total, month) => total + month[part], 0);
    if (own.length === 0) return [];
    return [[method, span(own), own.length, sum("inserted"), sum("updated"), sum("unchanged")]];
  });
  return [["", "from - to", "months", "inserted", "updated", "unchanged"], ...rows];
}

/** `2010-12`, or `2010-12 - 2011-03` */
function span(months: readonly { readonly month: string }[]): string {
  const [first, last] = [months[0]?.month, months.at(-1)?.month];
  return first === last ? `${first}` : `${first} - ${last}`;
}

/** In transactions, equal lines are often separate sales whose mapping gives them the same number. */
function noteDroppedLines({ table, duplicates_by: { equal } }: LoadResult, output: Output): void {
  if (table !== "sales_txn" || equal === 0) return;
  const [lines, were] = equal === 1 ? ["equal line", "was"] : ["equal lines", "were"];
  output.note(
    `${output.errorColors.yellow("note")} ${numberText(equal)} ${lines} ${were} dropped as duplicates of others with the same txn_id and line_no. If they are sales of their own, number them: line_no: row_number() OVER (PARTITION BY … ORDER BY _file, _record)`,
  );
}

/** What usually causes many rejects of one code, and what to do. */
const hints: Record<string, string | ((program: string) => string)> = {
  UNKNOWN_STORE: "load the table store first, from a file with these codes, or use --create-missing",
  UNKNOWN_PRODUCT: "load the table product first, from a file with these SKUs, or use --create-missing",
  UNKNOWN_DATE: (program) =>
    `add the days first: ${program} calendar --from DATE --to DATE, or use --create-missing`,
};

/** Only tables with additive measures can be summed. */
function duplicateHint(table: TableName): string {
  const keep = "choose which row to keep: --on-duplicate first or last";
  return contractOf(table).additive === undefined ? keep : `${keep}; or add them up: --on-duplicate sum`;
}

function printRejects(result: LoadResult, output: Output): void {
  if (result.rejected === 0) return;
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
  output.note(`  ${more > 0 ? `and ${numberText(more)} more; ` : ""}${whereRejectsAre(result)}`);
  for (const code of Object.keys(result.reject_codes)) {
    const hint = code === "DUPLICATE_GRAIN" ? duplicateHint(result.table) : hints[code];
    const text = typeof hint === "function" ? hint(output.program) : hint;
    if (text !== undefined) output.note(`  ${code}: ${text}`);
  }
}

function whereRejectsAre({ rejects_file, rejected, max_rejects }: LoadResult): string {
  if (rejects_file === null) {
    return `${countText(rejected, "row")} would be rejected; --rejects FILE writes ${rejected === 1 ? "it" : "them"} to a file`;
  }
  const where = `the rejected rows are in ${rejects_file}`;
  // Otherwise the other rows were not published either, and the error says what to do.
  return rejected > max_rejects ? where : `${where}: fix them and load that file`;
}
