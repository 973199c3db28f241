import type { WarehouseTable } from "../../query/index.ts";
import { bytesText, countText, numberText } from "../../system/numbers.ts";
import { examples, type RegisterCommand } from "../command.ts";
import { table } from "../render/output.ts";

export const registerTables: RegisterCommand = (program, action) => {
  program
    .command("tables")
    .description("list the warehouse's tables: rows, size, first and last day, last load")
    .option("--exact", "count the rows of large tables too, which are estimated otherwise (~)")
    .addHelpText("after", examples("tables", "tables --exact", "tables --json"))
    .action(
      action(async ({ settings, output, signal }, { exact }: { exact?: boolean }) => {
        const [{ listTables }, { withDatabase }] = await Promise.all([
          import("../../query/index.ts"),
          import("../../database/open.ts"),
        ]);
        const tables = await withDatabase(settings, (database) => listTables(database, { exact, signal }));
        output.result({ tables });
        for (const line of table(rowsOf(tables), output.room)) output.line(line);
        const estimated = tables.filter(({ is_estimate }) => is_estimate).length;
        if (estimated > 0) {
          output.note(`~ estimated for ${countText(estimated, "table")}; --exact counts them`);
        }
        return 0;
      }),
    );
};

function rowsOf(tables: readonly WarehouseTable[]): string[][] {
  const rows = tables.map(({ table: name, rows, is_estimate, bytes, first_day, last_day, last_load }) => [
    name,
    `${is_estimate ? "~" : ""}${numberText(rows)}`,
    bytesText(bytes),
    first_day ?? "",
    last_day ?? "",
    last_load === null ? "" : `${last_load.id}, ${last_load.finished_at.slice(0, 16).replace("T", " ")} UTC`,
  ]);
  return [["table", "rows", "size", "first day", "last day", "last load"], ...rows];
}
