import { fail } from "../../errors.ts";
import type { Unload } from "../../ingest/index.ts";
import { countText, numberText } from "../../system/numbers.ts";
import { type Context, examples, type RegisterCommand } from "../command.ts";
import { monthWaitOption } from "../lock-wait.ts";
import { canAsk, confirm } from "../render/confirm.ts";
import { type Output, reportResult } from "../render/output.ts";

interface Options {
  dryRun?: boolean;
  yes?: boolean;
  wait: boolean;
  lockWait?: number;
}

export const registerUnload: RegisterCommand = (program, action) => {
  program
    .command("unload")
    .description("revert a load: remove the rows it inserted, if that can be done exactly")
    .argument("<load>", "its number in the ledger (forecastlab loads)")
    .option("--dry-run", "show what would be removed, or why nothing can be")
    .option("--yes", "do not ask")
    .option("--no-wait", "fail at once if another load is running on one of the months")
    .addOption(monthWaitOption())
    .addHelpText("after", examples("unload 17 --dry-run", "unload 17", "unload 17 --yes"))
    .action(action(run));
};

async function run(
  context: Context,
  text: string,
  { dryRun, yes, wait, lockWait }: Options,
): Promise<number> {
  const { settings, output, signal } = context;
  if (!/^[1-9]\d{0,14}$/.test(text)) {
    throw fail("USAGE", { problem: `A load is named by its number in the ledger, not ${text}.` });
  }
  const [{ unload, unloadRefusal }, { withDatabase }] = await Promise.all([
    import("../../ingest/index.ts"),
    import("../../database/open.ts"),
  ]);
  const options = {
    wait,
    lockWait_s: lockWait,
    signal,
    onWait: (reason: string) => output.note(`waiting for ${reason}`),
  };
  const result = await withDatabase(settings, async (database) => {
    if (yes && !dryRun) return unload(database, Number(text), options);
    const planned = await unload(database, Number(text), { ...options, dryRun: true });
    if (dryRun || planned.obstacles.length > 0) return planned;
    const question = `${sentenceOf(planned, "Remove")}?`;
    if (!canAsk(context)) {
      throw fail("USAGE", { problem: "There is no terminal to ask on: --yes does it without a question." });
    }
    return (await confirm(question, context)) ? unload(database, Number(text), options) : undefined;
  });
  if (result === undefined) {
    output.note("Nothing was removed.");
    return 1;
  }
  return reportResult(result, unloadRefusal(result), print, context);
}

function print(result: Unload, output: Output): void {
  if (result.obstacles.length > 0) return;
  output.report(`${sentenceOf(result, result.removed ? "Removed" : "Would remove")}.`);
  for (const { month, rows } of result.months) output.report(`  ${month}  ${numberText(rows)}`);
  const created = Object.entries(result.created).filter(([, rows]) => rows > 0);
  for (const [name, rows] of created) output.report(`  created in ${name}  ${numberText(rows)}`);
  if (result.dry_run) output.report("  dry run: nothing was removed");
}

const sentenceOf = ({ rows, table, load_id }: Unload, verb: string) =>
  `${verb} ${countText(rows, "row")} of ${table}, inserted by load ${load_id}`;
