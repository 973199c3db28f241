import type { Client } from "../../database/connection.ts";
import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import { boundsOf, type Month } from "../../database/months.ts";
import { contractOf } from "../../schema/contracts.ts";
import type { TableName } from "../../schema/tables.ts";
import { monthStates } from "../publish/month-states.ts";
import type { PublishedRun } from "./ledger-entry.ts";

/*
 * All rows that a load inserted have its time as created_at. The ledger does not have that time, but it is between the load's
 * start and end, and the ledger has how many rows the load inserted in each month: the time is the one that exactly so many
 * rows of each month have.
 */

/** The rows that a load inserted in one month, or in one table without partitions. */
export interface InsertedPart {
  readonly table: TableName;
  readonly month: Month | null;
  /** Where they are stored; the rows of other months may be there too. */
  readonly relation: string;
  /** What they all have as created_at, as PostgreSQL writes it; null if no row can be of the load. */
  readonly time: string | null;
  /** How many there should be, how many there are, and how many of these were updated since. */
  readonly expected: number;
  readonly found: number;
  readonly changed: number;
}

export interface InsertedRows {
  readonly parts: readonly InsertedPart[];
  /** Dimension rows that the load created because its rows refer to them. */
  readonly created: readonly InsertedPart[];
  /** Whether several times have exactly the rows of the ledger, so that nobody knows which is the load's. */
  readonly ambiguous: boolean;
}

/** SQL of a condition for the rows of a part, in `stored`. */
export function conditionOf({ time, month }: Pick<InsertedPart, "time" | "month">): string {
  const inserted = time === null ? "false" : `stored.created_at = ${quoteLiteral(time)}::timestamptz`;
  return [inserted, ...isInMonth(month)].join(" AND ");
}

function isInMonth(month: Month | null): string[] {
  if (month === null) return [];
  const { from, to } = boundsOf(month);
  return [`stored.date >= ${quoteLiteral(from)}`, `stored.date < ${quoteLiteral(to)}`];
}

/** Finds the rows that a load inserted. */
export async function insertedRows(client: Client, run: PublishedRun): Promise<InsertedRows> {
  const wanted = run.months.filter(({ inserted }) => inserted > 0);
  const states = await monthStates(
    client,
    contractOf(run.table),
    wanted.map(({ month }) => ({ month, staged: 0 })),
  );
  const places = wanted.map(({ month, inserted }, index): Place => {
    const home = states[index]?.home;
    const relation = home === undefined || home.kind === "none" ? undefined : home.relation;
    return { table: run.table, month, relation, expected: inserted };
  });
  const { parts, ambiguous } = await atOneTime(client, run, places);
  const created: InsertedPart[] = [];
  let ambiguousCreated = false;
  for (const table of ["store", "product", "calendar"] as const) {
    const expected = run.created[table] ?? 0;
    if (expected === 0) continue;
    const found = await atOneTime(client, run, [{ table, month: null, relation: table, expected }]);
    created.push(...found.parts);
    ambiguousCreated ||= found.ambiguous;
  }
  return { parts, created, ambiguous: ambiguous || ambiguousCreated };
}

interface Place extends Pick<InsertedPart, "table" | "month" | "expected"> {
  readonly relation: string | undefined;
}

interface Group {
  readonly time: string;
  readonly rows: number;
  readonly changed: number;
}

/** The rows of one time: the one that fits all places, else the one that most rows have. */
async function atOneTime(
  client: Client,
  run: PublishedRun,
  places: readonly Place[],
): Promise<{ parts: InsertedPart[]; ambiguous: boolean }> {
  const groups: Group[][] = [];
  for (const place of places) groups.push(await groupsOf(client, run, place));
  const times = new Map<string, number>();
  for (const { time, rows } of groups.flat()) times.set(time, (times.get(time) ?? 0) + rows);
  const at = (index: number, time: string) => groups[index]?.find((group) => group.time === time);
  const fitting = [...times.keys()].filter((time) =>
    places.every(({ expected }, index) => at(index, time)?.rows === expected),
  );
  const [most] = [...times].sort((a, b) => b[1] - a[1]);
  const time = fitting[0] ?? most?.[0] ?? null;
  const parts = places.map(({ relation, ...place }, index): InsertedPart => {
    const group = time === null ? undefined : at(index, time);
    return {
      ...place,
      relation: relation ?? place.table,
      time,
      found: group?.rows ?? 0,
      changed: group?.changed ?? 0,
    };
  });
  return { parts, ambiguous: fitting.length > 1 };
}

/** The rows that were inserted while the load ran, by their time. */
async function groupsOf(client: Client, run: PublishedRun, { relation, month }: Place): Promise<Group[]> {
  if (relation === undefined) return [];
  const within = ["stored.created_at BETWEEN $1 AND $2", ...isInMonth(month)].join(" AND ");
  const { rows } = await client.query<{ time: string; rows: string; changed: string }>(
    `SELECT
       to_char(created_at, 'YYYY-MM-DD HH24:MI:SS.USOF') AS time,
       count(*) AS rows,
       count(*) FILTER (WHERE updated_at <> created_at) AS changed
     FROM ${quoteIdentifier(relation)} AS stored
     WHERE ${within}
     GROUP BY created_at`,
    [run.started_at, run.finished_at],
  );
  return rows.map(({ time, rows: count, changed }) => ({
    time,
    rows: Number(count),
    changed: Number(changed),
  }));
}
