import type { Client } from "../../database/connection.ts";
import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import { boundsOf } from "../../database/months.ts";
import { copyRows } from "../../duckdb/transfer.ts";
import { fail } from "../../errors.ts";
import type { TableContract } from "../../schema/contracts.ts";
import { type AcceptedRows, orderByGrain } from "./accepted-rows.ts";
import { changesTable } from "./compare-month.ts";
import type { MonthPlan } from "./month-plan.ts";
import type { PartitionDefinition } from "./partition-definition.ts";

/**
 * Writes the changes of a month, and nothing else, within the load's transaction: new rows are inserted, rows that differ
 * are updated. They go directly to the partition and not through the partitioned table, in which another load may be about
 * to swap a month.
 *
 * @throws LOAD_CONFLICT when rows that it was compared with have gone meanwhile; CONSTRAINT_VIOLATED
 */
export async function mergeMonth(
  client: Client,
  rows: AcceptedRows,
  plan: MonthPlan,
  options: { readonly definition: PartitionDefinition; readonly loadedAt: string },
): Promise<void> {
  if (plan.home.kind === "none") throw fail("INTERNAL", { reason: "there is nothing to merge a month into" });
  await stageChanges(client, rows, plan, plan.home.relation);
  const sql = statementsOf(rows, plan.home.relation, plan, options);
  const updated = plan.updated === 0 ? 0 : ((await client.query(sql.update)).rowCount ?? 0);
  const inserted = plan.inserted === 0 ? 0 : ((await client.query(sql.insert)).rowCount ?? 0);
  await client.query("DROP TABLE staged_change");
  if (updated === plan.updated && inserted === plan.inserted) return;
  const reason = `${plan.updated} rows were to be updated and ${updated} were there`;
  throw fail("LOAD_CONFLICT", { table: rows.contract.name, reason });
}

/** Copies the changes into the temporary table `staged_change` of the warehouse. */
async function stageChanges(
  client: Client,
  rows: AcceptedRows,
  plan: MonthPlan,
  relation: string,
): Promise<void> {
  const { engine, contract, columns } = rows;
  const list = columns.map(quoteIdentifier).join(", ");
  // Made from the partition: a reference to the whole table would lock out another load's swap until the commit.
  await client.query(`
    CREATE TEMPORARY TABLE staged_change ON COMMIT DROP AS
    SELECT ${list}, false AS _stored FROM ${quoteIdentifier(relation)} WITH NO DATA
  `);
  await copyRows(engine, client, "staged_change", {
    name: `changes-of-${plan.month ?? "all"}`,
    columns: [...columns, "_stored"],
    query: `SELECT ${list}, _stored FROM ${quoteIdentifier(changesTable(plan))} ${orderByGrain(contract)}`,
  });
  await client.query("ANALYZE staged_change");
}

function statementsOf(
  { contract, columns }: AcceptedRows,
  relation: string,
  { month }: MonthPlan,
  { definition, loadedAt }: { definition: PartitionDefinition; loadedAt: string },
): { update: string; insert: string } {
  const target = quoteIdentifier(relation);
  const list = columns.map(quoteIdentifier).join(", ");
  const assignments = columns
    .filter((name) => !contract.grain.includes(name))
    .map((name) => `${quoteIdentifier(name)} = staged.${quoteIdentifier(name)}`);
  const time = `${quoteLiteral(loadedAt)}::timestamptz`;
  // A partition's own default gives no id before PostgreSQL 17.
  const id = definition.sequence === null ? "" : `nextval(${quoteLiteral(definition.sequence)}::regclass), `;
  return {
    update: `
      UPDATE ${target} AS stored
      SET ${[...assignments, `updated_at = ${time}`].join(", ")}
      FROM staged_change AS staged
      WHERE staged._stored AND ${[...sameGrain(contract), ...withinBounds(month)].join(" AND ")}
    `,
    insert: `
      INSERT INTO ${target} (${id === "" ? "" : "id, "}${list}, created_at, updated_at)
      SELECT ${id}${list}, ${time}, ${time}
      FROM (SELECT * FROM staged_change WHERE NOT _stored ${orderByGrain(contract)}) AS staged
    `,
  };
}

/** NULLs in a grain are equal. */
function sameGrain(contract: TableContract): string[] {
  const nullable = new Set(contract.columns.filter((column) => column.nullable).map(({ name }) => name));
  return contract.grain.map((name) => {
    const operator = nullable.has(name) ? "IS NOT DISTINCT FROM" : "=";
    return `stored.${quoteIdentifier(name)} ${operator} staged.${quoteIdentifier(name)}`;
  });
}

/** Keeps the planner from looking at other months. */
function withinBounds(month: string | null): string[] {
  if (month === null) return [];
  const { from, to } = boundsOf(month);
  return [`stored.date >= ${quoteLiteral(from)}`, `stored.date < ${quoteLiteral(to)}`];
}
