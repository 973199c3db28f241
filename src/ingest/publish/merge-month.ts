import type { Client } from "../../database/connection.ts";
import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import { boundsOf } from "../../database/months.ts";
import { copyRows } from "../../duckdb/transfer.ts";
import { fail } from "../../errors.ts";
import type { TableContract } from "../../schema/contracts.ts";
import { changesTable } from "./compare.ts";
import type { MonthPlan } from "./month-plan.ts";
import type { PartitionDefinition } from "./partition-definition.ts";
import { type Batch, byGrain } from "./spool.ts";

/**
 * Writes the changes of a month, and nothing else, within the load's transaction: what is new is inserted, what differs
 * updated. Rows go to the partition itself, past the partitioned table, where another load may be about to swap a month.
 *
 * @throws LOAD_CONFLICT when rows it compared are gone meanwhile; CONSTRAINT_VIOLATED
 */
export async function mergeMonth(
  client: Client,
  batch: Batch,
  plan: MonthPlan,
  options: { readonly definition: PartitionDefinition; readonly loadedAt: string },
): Promise<void> {
  if (plan.home.kind === "none") throw fail("INTERNAL", { reason: "there is nothing to merge a month into" });
  await stage(client, batch, plan, plan.home.relation);
  const sql = statementsOf(batch, plan.home.relation, plan, options);
  const updated = plan.updated === 0 ? 0 : ((await client.query(sql.update)).rowCount ?? 0);
  const inserted = plan.inserted === 0 ? 0 : ((await client.query(sql.insert)).rowCount ?? 0);
  await client.query("DROP TABLE staged");
  if (updated === plan.updated && inserted === plan.inserted) return;
  const reason = `${plan.updated} were to be updated and ${updated} were there`;
  throw fail("LOAD_CONFLICT", { table: batch.contract.name, reason });
}

async function stage(client: Client, batch: Batch, plan: MonthPlan, relation: string): Promise<void> {
  const { engine, contract, columns } = batch;
  const list = columns.map(quoteIdentifier).join(", ");
  // Made from the partition: made from the whole table, it would be in the way of another load's swap until the commit.
  await client.query(`
    CREATE TEMPORARY TABLE staged ON COMMIT DROP AS
    SELECT ${list}, false AS _stored FROM ${quoteIdentifier(relation)} WITH NO DATA
  `);
  await copyRows(engine, client, "staged", {
    name: `changes-of-${plan.month ?? "all"}`,
    columns: [...columns, "_stored"],
    query: `SELECT ${list}, _stored FROM ${quoteIdentifier(changesTable(plan))} ${byGrain(contract)}`,
  });
  await client.query("ANALYZE staged");
}

function statementsOf(
  { contract, columns }: Batch,
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
      FROM staged
      WHERE staged._stored AND ${[...sameGrain(contract), ...withinBounds(month)].join(" AND ")}
    `,
    insert: `
      INSERT INTO ${target} (${id === "" ? "" : "id, "}${list}, created_at, updated_at)
      SELECT ${id}${list}, ${time}, ${time}
      FROM (SELECT * FROM staged WHERE NOT _stored ${byGrain(contract)}) AS staged
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
