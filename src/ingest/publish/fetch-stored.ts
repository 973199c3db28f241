import { type Client, withTransaction } from "../../database/connection.ts";
import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import { boundsOf } from "../../database/months.ts";
import { copyRows, createFetched, type FetchedColumn, fetchFile, fetchTable } from "../../duckdb/transfer.ts";
import type { ContractColumn } from "../../schema/contracts.ts";
import { type AcceptedRows, rowsOfMonth } from "./accepted-rows.ts";
import { fetchOf, type MonthState } from "./month-plan.ts";

/**
 * Fetches the stored rows of a month that a load is compared with into a new table of DuckDB: the columns that the load
 * gives, with the types of the warehouse.
 *
 * @returns whether there is such a table; if not, nothing is stored
 */
export async function fetchStored(
  client: Client,
  rows: AcceptedRows,
  state: MonthState,
  into: string,
): Promise<boolean> {
  const { engine, contract } = rows;
  const fetch = fetchOf(state);
  if (fetch === "none" || state.home.kind === "none") return false;
  const columns = contract.columns.filter(({ name }) => rows.columns.includes(name));
  const source = `${quoteIdentifier(state.home.relation)} AS stored`;
  const [list, within] = [storedColumns(columns), isInStoredMonth(state)];
  if (fetch === "all") {
    const query = `SELECT ${list} FROM ${source} WHERE ${within}`;
    await fetchTable(engine, client, into, { query, columns: fetchedColumns(columns) });
    return true;
  }
  const nullable = new Set(contract.columns.filter((column) => column.nullable).map(({ name }) => name));
  const same = contract.grain.map((name) => sameKey(quoteIdentifier(name), nullable.has(name)));
  const { relation } = state.home;
  const file = await withTransaction(client, async () => {
    await createWantedKeys(client, rows, state, relation);
    const query = `SELECT ${list} FROM wanted_key AS wanted JOIN ${source} ON ${same.join(" AND ")} WHERE ${within}`;
    return fetchFile(engine, client, { query, columns: fetchedColumns(columns) });
  });
  // Only now that the transaction has ended: while it is open, no load can swap the month.
  await createFetched(engine, into, file);
  return true;
}

/** Makes the temporary table `wanted_key` of the warehouse: the grain of the accepted rows of a month. */
async function createWantedKeys(
  client: Client,
  { engine, contract }: AcceptedRows,
  { month }: MonthState,
  relation: string,
): Promise<void> {
  const grain = contract.grain.map(quoteIdentifier).join(", ");
  await client.query(`
    CREATE TEMPORARY TABLE wanted_key ON COMMIT DROP AS
    SELECT ${grain} FROM ${quoteIdentifier(relation)} WITH NO DATA
  `);
  await copyRows(engine, client, "wanted_key", {
    name: `keys-of-${month ?? "all"}`,
    columns: contract.grain,
    query: rowsOfMonth(month, contract.grain),
  });
  await client.query("ANALYZE wanted_key");
}

/** NULLs in a grain are equal. `IS NOT DISTINCT FROM` alone allows neither a hash join nor an index. */
const sameKey = (name: string, nullable: boolean) =>
  nullable
    ? `coalesce(stored.${name}, 0) = coalesce(wanted.${name}, 0) AND stored.${name} IS NOT DISTINCT FROM wanted.${name}`
    : `stored.${name} = wanted.${name}`;

/** SQL of whether a stored row is in the month; its relation may hold other months too. */
export function isInStoredMonth({ month, home }: MonthState): string {
  if (month === null || home.kind === "month") return "true";
  const { from, to } = boundsOf(month);
  return `stored.date >= ${quoteLiteral(from)} AND stored.date < ${quoteLiteral(to)}`;
}

/**
 * SQL of columns of the warehouse as they are fetched. DuckDB's decimals have no NaN. No load gives a NaN, so NULL in its
 * place differs from every value of a load just as NaN would.
 */
export const storedColumns = (columns: readonly ContractColumn[]) =>
  columns
    .map(({ name, kind }) => {
      const column = `stored.${quoteIdentifier(name)}`;
      return kind === "numeric" ? `nullif(${column}, 'NaN')` : column;
    })
    .join(", ");

/** The same columns with their types, for DuckDB. */
export const fetchedColumns = (columns: readonly ContractColumn[]): FetchedColumn[] =>
  columns.map(({ name, sqlType }) => ({ name, type: sqlType }));
