import { join } from "node:path";
import { quoteIdentifier, quoteLiteral } from "../database/identifiers.ts";
import type { Engine } from "./engine.ts";
import type { LoadPlan } from "./plan.ts";

/** A file of rows ready to be copied: CSV without a header, NULL as an unquoted empty field, sorted by grain. */
export interface Spool {
  /** `2024-02`, of a partitioned table. */
  readonly month?: string;
  readonly path: string;
  readonly rows: number;
}

/** What a load brings to a table: files of the named columns, no grain twice. */
export interface Spooled {
  readonly columns: readonly string[];
  readonly spools: readonly Spool[];
  readonly rows: number;
}

/** Writes the accepted rows to the private folder: a file a month where the table is partitioned, else one. */
export async function spoolRows(engine: Engine, plan: LoadPlan): Promise<Spooled> {
  const columns = plan.columns.map(({ column }) => column);
  const write = async (name: string, condition: string) => {
    const path = join(engine.folder, `${name}.csv`);
    const rows = await engine.count(`
      COPY (
        SELECT ${columns.map(quoteIdentifier).join(", ")}
        FROM accepted
        WHERE ${condition}
        ORDER BY ${plan.contract.grain.map(quoteIdentifier).join(", ")}
      ) TO ${quoteLiteral(path)} (FORMAT csv, HEADER false)
    `);
    return { path, rows };
  };
  const spools: Spool[] = [];
  if (plan.contract.partitionedBy === undefined) {
    spools.push(await write("rows", "true"));
  } else {
    const months = await engine.rows<{ month: string }>(
      "SELECT DISTINCT strftime(date, '%Y-%m') AS month FROM accepted ORDER BY month",
    );
    for (const { month } of months) {
      const first = `DATE ${quoteLiteral(`${month}-01`)}`;
      const spool = await write(month, `date >= ${first} AND date < ${first} + INTERVAL 1 MONTH`);
      spools.push({ month, ...spool });
    }
  }
  return { columns, spools, rows: spools.reduce((sum, { rows }) => sum + rows, 0) };
}
