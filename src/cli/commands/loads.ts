import { Option } from "commander";
import type { LoadRun } from "../../ingest/index.ts";
import { type Context, examples, named, type RegisterCommand } from "../command.ts";
import { table } from "../render/output.ts";
import { tableNames } from "../table-names.ts";

interface Options {
  table?: string;
  limit: string;
}

export const registerLoads: RegisterCommand = (program, action) => {
  program
    .command("loads")
    .description("list the ledger: what was loaded, when, by whom, and how many rows changed")
    .addOption(named(new Option("--table <name>", "only loads into this table"), tableNames))
    .option("--limit <N>", "how many, newest first", "20")
    .addHelpText("after", examples("loads", "loads --table sales_daily --limit 5", "loads --json"))
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
  else for (const line of table(listed(runs), output.room, ["files"])) output.line(line);
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

/** One row per load. */
export function listed(runs: readonly LoadRun[]): (string | number)[][] {
  const shown = counts.filter(([count], index) => index === 0 || runs.some((run) => run[count] > 0));
  return [
    ["load", "finished (UTC)", "table", "files", ...shown.map(([, heading]) => heading)],
    ...runs.map((run) => [
      String(run.id),
      run.finished_at.slice(0, 16).replace("T", " "),
      run.table,
      filesOf(run),
      ...shown.map(([count]) => run[count]),
    ]),
  ];
}

/** `sales.csv +19` */
function filesOf({ files }: LoadRun): string {
  const name = files[0]?.path.split("/").at(-1) ?? "";
  return files.length > 1 ? `${name} +${files.length - 1}` : name;
}
