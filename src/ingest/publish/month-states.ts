import type { Client } from "../../database/connection.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";
import { boundsOf, type Month } from "../../database/months.ts";
import { type Partition, partitionFor, partitionsOf } from "../../database/partitions.ts";
import type { Engine } from "../../duckdb/engine.ts";
import type { TableContract } from "../../schema/contracts.ts";
import { tables } from "../engine-tables.ts";
import type { Home, MonthState } from "./month-plan.ts";

export type StagedMonth = Pick<MonthState, "month" | "staged">;

/** The months that a load has rows for, in their order; the single month null if the table is not partitioned. */
export async function stagedMonths(engine: Engine, contract: TableContract): Promise<StagedMonth[]> {
  if (contract.partitionedBy === undefined) {
    const staged = await engine.count(`SELECT count(*) FROM ${tables.acceptedRow}`);
    return staged === 0 ? [] : [{ month: null, staged }];
  }
  return engine.rows<StagedMonth>(`
    SELECT strftime(month, '%Y-%m') AS month, staged
    FROM (
      SELECT date_trunc('month', date) AS month, count(*) AS staged
      FROM ${tables.acceptedRow}
      GROUP BY ALL
    )
    ORDER BY month
  `);
}

/** Where the rows of each month are stored, and about how many there are. */
export async function monthStates(
  client: Client,
  contract: TableContract,
  staged: readonly StagedMonth[],
): Promise<MonthState[]> {
  const partitions = contract.partitionedBy === undefined ? [] : await partitionsOf(client, contract.name);
  const states: MonthState[] = [];
  for (const { month, staged: rows } of staged) {
    const home = await homeOf(client, contract, month, partitions);
    const stored = home.kind === "none" ? 0 : await estimate(client, home.relation);
    states.push({ month, staged: rows, home, stored });
  }
  return states;
}

async function homeOf(
  client: Client,
  contract: TableContract,
  month: Month | null,
  partitions: readonly Partition[],
): Promise<Home> {
  if (month === null) return { kind: "shared", relation: contract.name };
  const partition = partitionFor(partitions, month);
  const bounds = boundsOf(month);
  if (partition !== undefined) {
    const own = partition.from === bounds.from && partition.to === bounds.to;
    return { kind: own ? "month" : "shared", relation: partition.name };
  }
  const relation = `${contract.name}_default`;
  const { rows } = await client.query<{ waiting: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM ${quoteIdentifier(relation)} WHERE date >= $1 AND date < $2) AS waiting`,
    [bounds.from, bounds.to],
  );
  return rows[0]?.waiting ? { kind: "default", relation } : { kind: "none" };
}

/** How many rows a relation has, judged by its size, because statistics may be missing or old. 0 only if it has none. */
async function estimate(client: Client, relation: string): Promise<number> {
  const { rows } = await client.query<{ bytes: string; some: boolean }>(
    `SELECT pg_relation_size($1::regclass) AS bytes, EXISTS (SELECT 1 FROM ${quoteIdentifier(relation)}) AS some`,
    [quoteIdentifier(relation)],
  );
  const [row] = rows;
  return row?.some ? Math.max(1, Math.round(Number(row.bytes) / bytesOfRow)) : 0;
}

/** What a row of `sales_daily` takes on its page: 68 bytes for header and values, 4 for its pointer. */
const bytesOfRow = 72;
