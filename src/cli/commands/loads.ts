import type { LoadRun } from "../../ingest/index.ts";
import { type Context, examples, type RegisterCommand } from "../command.ts";
import { table } from "../render/output.ts";

interface Options {
  table?: string;
  limit: string;
}

export const registerLoads: RegisterCommand = (program, action) => {
  program
    .command("loads")
    .description("list the ledger: what was loaded, when, by whom, and how many rows changed")
    .option("--table <name>", "only loads into this table")
    .option("--limit <N>", "how many, newest first", "20")
    .addHelpText("before", examples("loads", "loads --table sales_daily --limit 5", "loads --json"))
    .action(action(run));
};

async function run(
  { settings, output, signal }: Context,
  { table: name, limit }: Options,
): Promise<undefined> {
  const { fail } = await import("../../errors.ts");
  if (!/^[1-9]\d{0,8}$/.test(limit)) {
    throw fail("USAGE", { problem: `--limit takes a number of loads, not ${limit}.` });
  }
  const [{ loadRuns, requireTable }, { withDatabase }] = await Promise.all([
    import("../../ingest/index.ts"),
    import("../../database/open.ts"),
  ]);
  const options = {
    table: name === undefined ? undefined : requireTable(name),
    limit: Number(limit),
    signal,
  };
  const runs = await withDatabase(settings, (database) => loadRuns(database, options));
  output.result({ loads: runs });
  if (runs.length === 0) output.note("Nothing was loaded yet.");
  else for (const line of table(listed(runs, output.width))) output.line(line);
}

/** Counts and their headings; those that are 0 for all loads are not shown. */
const counts = [
  ["read", "read"],
  ["inserted", "new"],
  ["updated", "changed"],
  ["unchanged", "same"],
  ["duplicates", "twice"],
  ["rejected", "rejects"],
] as const;

/** One row per load; names of files are shortened to what is left of the width. */
export function listed(runs: readonly LoadRun[], width: number): (string | number)[][] {
  const shown = counts.filter(([count], index) => index === 0 || runs.some((run) => run[count] > 0));
  const rowsWith = (fileOf: (run: LoadRun) => string) => [
    ["load", "finished (UTC)", "table", "files", ...shown.map(([, heading]) => heading)],
    ...runs.map((run) => [
      String(run.id),
      run.finished_at.slice(0, 16).replace("T", " "),
      run.table,
      fileOf(run),
      ...shown.map(([count]) => run[count]),
    ]),
  ];
  const others = Math.max(...table(rowsWith(() => "")).map((line) => line.length)) - "files".length;
  return rowsWith((run) => filesOf(run, Math.max(10, width - others)));
}

/** `sales.csv +19`; of a long name the end, which tells files apart. */
function filesOf({ files }: LoadRun, room: number): string {
  const name = files[0]?.path.split("/").at(-1) ?? "";
  const more = files.length > 1 ? ` +${files.length - 1}` : "";
  const left = room - more.length;
  return `${name.length <= left ? name : `…${name.slice(name.length - left + 1)}`}${more}`;
}
