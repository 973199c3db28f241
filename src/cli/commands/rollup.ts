import { Option } from "commander";
import type { NetNegativePolicy, Rollup } from "../../rollup/index.ts";
import { decimalText, numberText } from "../../system/numbers.ts";
import { examples, type RegisterCommand } from "../command.ts";
import { type Output, table } from "../render/output.ts";

interface Options {
  from?: string;
  to?: string;
  onNetNegative: NetNegativePolicy;
}

export const registerRollup: RegisterCommand = (program, action) => {
  program
    .command("rollup")
    .description("sum transactions (sales_txn) into daily sales (sales_daily), net of returns")
    .option("--from <date>", "first day, YYYY-MM-DD (default: the first transaction)")
    .option("--to <date>", "last day, YYYY-MM-DD (default: the last transaction)")
    .addOption(
      new Option(
        "--on-net-negative <policy>",
        "for a day with more returned than sold: write 0 and report the difference, or reject the rollup",
      )
        .choices(["zero", "reject"])
        .default("zero"),
    )
    .addHelpText(
      "after",
      examples("rollup", "rollup --from 2024-01-01 --to 2024-01-31", "rollup --on-net-negative reject"),
    )
    .action(
      action(async ({ settings, output, signal, streams }, options: Options) => {
        const [{ rollUp }, { withDatabase }, { whileDoing }] = await Promise.all([
          import("../../rollup/index.ts"),
          import("../../database/open.ts"),
          import("../render/progress.ts"),
        ]);
        const work = withDatabase(settings, (database) => rollUp(database, { ...options, signal }));
        const rollup = await whileDoing(output, streams.stderr, "summing transactions", work);
        output.result(rollup);
        printRollup(rollup, output);
        return 0;
      }),
    );
};

/** How many net-negative days a person is shown; `--json` has them all. */
const shownDays = 5;

function printRollup(rollup: Rollup, output: Output): void {
  if (rollup.days === 0) {
    output.report("There are no transactions to roll up.");
    return;
  }
  output.report(
    `${numberText(rollup.transaction_lines)} transaction lines from ${rollup.from} to ${rollup.to} make ${numberText(rollup.days)} rows of sales_daily`,
  );
  output.report(
    `inserted ${numberText(rollup.inserted)}, updated ${numberText(rollup.updated)}, unchanged ${numberText(rollup.unchanged)}`,
  );
  output.report(
    `net ${decimalText(rollup.net.quantity)} units, ${decimalText(rollup.net.total_amount)} in sales`,
  );
  if (rollup.without_transactions > 0) {
    output.report(`unchanged, because they have no transactions: ${numberText(rollup.without_transactions)}`);
  }
  const negative = rollup.net_negative_days;
  if (negative.length === 0) return;
  output.report();
  output.report(
    `${numberText(negative.length)} rows with more returned than sold were written as 0, which omits ${decimalText(rollup.zeroed.quantity)} units and ${decimalText(rollup.zeroed.total_amount)} (sales_daily is higher by as much)`,
  );
  const rows = negative
    .slice(0, shownDays)
    .map((day) => [day.date, day.store_code, day.sku, day.quantity, day.total_amount]);
  const heading = ["date", "store", "sku", "net units", "net amount"];
  for (const line of table([heading, ...rows], output.room - 2)) output.report(`  ${line}`);
  if (negative.length > shownDays) output.report(`  … all ${numberText(negative.length)} with --json`);
}
