import type { Client } from "../../database/connection.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";
import { contractOf } from "../../schema/contracts.ts";
import { tableNames } from "../../schema/tables.ts";
import { countText } from "../../system/numbers.ts";
import { conditionOf, type InsertedPart, type InsertedRows } from "./inserted-rows.ts";
import type { PublishedRun } from "./ledger-entry.ts";

/** Why a load cannot be reverted exactly. */
export interface UnloadObstacle {
  readonly kind: "updated" | "changed" | "missing" | "ambiguous" | "confirmed" | "referenced";
  /** Part of a sentence, with months and counts. */
  readonly reason: string;
}

/** Everything that is in the way, not only the first. */
export async function obstaclesOf(
  client: Client,
  run: PublishedRun,
  inserted: InsertedRows,
): Promise<UnloadObstacle[]> {
  return [
    ...updatedBy(run),
    ...changedSince([...inserted.parts, ...inserted.created]),
    ...(inserted.ambiguous
      ? [{ kind: "ambiguous", reason: "other rows of the same time cannot be told from its own" } as const]
      : []),
    ...(await confirmedLater(client, run)),
    ...(await referencesTo(client, inserted)),
  ];
}

function updatedBy({ months, updated }: PublishedRun): UnloadObstacle[] {
  if (updated === 0) return [];
  const list = listed(months.filter((month) => month.updated > 0).map((m) => [m.month, m.updated]));
  return [
    {
      kind: "updated",
      reason: `it updated ${countText(updated, "row")}, whose old values are not kept${list}`,
    },
  ];
}

function changedSince(parts: readonly InsertedPart[]): UnloadObstacle[] {
  return parts.flatMap(({ table, month, expected, found, changed }): UnloadObstacle[] => {
    const where = month === null ? table : `${table}, ${month}`;
    if (found !== expected) {
      const reason = `it inserted ${countText(expected, "row")} of ${where}, and ${found} have its time now`;
      return [{ kind: "missing", reason }];
    }
    if (changed === 0) return [];
    return [{ kind: "changed", reason: `${countText(changed, "row")} of ${where} changed since` }];
  });
}

/** A later load that found rows unchanged may have brought the same rows: without this load, it would have inserted them. */
async function confirmedLater(client: Client, run: PublishedRun): Promise<UnloadObstacle[]> {
  const months = run.months.filter(({ inserted }) => inserted > 0).map(({ month }) => month ?? "all");
  const { rows } = await client.query<{ id: string; months: string[]; unchanged: string }>(
    `SELECT id, array_agg(COALESCE(month ->> 'month', 'all')) AS months, sum((month ->> 'unchanged')::bigint) AS unchanged
     FROM load_run, jsonb_array_elements(months) AS month
     WHERE table_name = $1 AND id <> $2 AND finished_at >= $3
       AND (month ->> 'unchanged')::bigint > 0 AND COALESCE(month ->> 'month', 'all') = ANY ($4)
     GROUP BY id
     ORDER BY id`,
    [run.table, run.id, run.finished_at, months],
  );
  return rows.map(({ id, months: confirmed, unchanged }) => {
    const where = confirmed.includes("all") ? "" : ` in ${shortened(confirmed.sort())}`;
    const found = countText(Number(unchanged), "row");
    return { kind: "confirmed", reason: `load ${id} found ${found} unchanged${where}, which may be its own` };
  });
}

/** Rows that refer to dimension rows of the load, apart from those that are removed with it. */
async function referencesTo(client: Client, { parts, created }: InsertedRows): Promise<UnloadObstacle[]> {
  const obstacles: UnloadObstacle[] = [];
  for (const dimension of [...parts, ...created]) {
    for (const table of tableNames) {
      for (const reference of contractOf(table).references) {
        if (reference.dimension !== dimension.table) continue;
        const removed = parts
          .filter((part) => part.table === table)
          .map((part) => `AND NOT (${conditionOf(part)})`)
          .join(" ");
        const { rows } = await client.query<{ rows: string }>(
          `SELECT count(*) AS rows
           FROM ${quoteIdentifier(table)} AS stored
           WHERE stored.${quoteIdentifier(reference.column)} IN (
             SELECT stored.${quoteIdentifier(reference.id)}
             FROM ${quoteIdentifier(dimension.relation)} AS stored
             WHERE ${conditionOf(dimension)}
           ) ${removed}`,
        );
        const found = Number(rows[0]?.rows ?? 0);
        if (found === 0) continue;
        const reason = `${countText(found, "row")} of ${table} ${found === 1 ? "refers" : "refer"} to its rows of ${dimension.table}`;
        obstacles.push({ kind: "referenced", reason });
      }
    }
  }
  return obstacles;
}

function listed(counts: readonly (readonly [month: string | null, rows: number])[]): string {
  const named = counts.flatMap(([month, rows]) => (month === null ? [] : [`${month}: ${rows}`]));
  return named.length === 0 ? "" : ` (${shortened(named)})`;
}

const shownMonths = 12;

const shortened = (list: readonly string[]): string =>
  `${list.slice(0, shownMonths).join(", ")}${list.length > shownMonths ? ` and ${list.length - shownMonths} more` : ""}`;
