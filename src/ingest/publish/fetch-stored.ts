import { type Client, withTransaction } from "../../database/connection.ts";
import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import { boundsOf } from "../../database/months.ts";
import { copyRows, createFetched, type FetchedColumn, fetchFile, fetchTable } from "../../duckdb/transfer.ts";
import type { ContractColumn } from "../../schema/contracts.ts";
import { fetchOf, type MonthState } from "./month-plan.ts";
import { type Batch, slice } from "./spool.ts";

/**
 * Fetches the stored rows of a month that a load is compared with into a new table of DuckDB: its grain and the given
 * columns, typed as the warehouse has them.
 *
 * @returns whether there is such a table; without one, nothing is stored
 */
export async function fetchStored(
  client: Client,
  batch: Batch,
  state: MonthState,
  into: string,
): Promise<boolean> {
  const { engine, contract } = batch;
  const fetch = fetchOf(state);
  if (fetch === "none" || state.home.kind === "none") return false;
  const columns = contract.columns.filter(({ name }) => batch.columns.includes(name));
  const source = `${quoteIdentifier(state.home.relation)} AS stored`;
  const [list, within] = [exported(columns), withinMonth(state)];
  if (fetch === "all") {
    const query = `SELECT ${list} FROM ${source} WHERE ${within}`;
    await fetchTable(engine, client, into, { query, columns: fetchedColumns(columns) });
    return true;
  }
  const nullable = new Set(contract.columns.filter((column) => column.nullable).map(({ name }) => name));
  const same = contract.grain.map((name) => sameKey(quoteIdentifier(name), nullable.has(name)));
  const { relation } = state.home;
  const file = await withTransaction(client, async () => {
    await createWanted(client, batch, state, relation);
    const query = `SELECT ${list} FROM wanted JOIN ${source} ON ${same.join(" AND ")} WHERE ${within}`;
    return fetchFile(engine, client, { query, columns: fetchedColumns(columns) });
  });
  // Read when the transaction is over: as long as it is open, no load can swap the month.
  await createFetched(engine, into, file);
  return true;
}

/** Creates the temporary table `wanted` of the warehouse: the grain of the load's rows in a month. */
async function createWanted(
  client: Client,
  { engine, contract }: Batch,
  { month }: MonthState,
  relation: string,
): Promise<void> {
  const grain = contract.grain.map(quoteIdentifier).join(", ");
  await client.query(`
    CREATE TEMPORARY TABLE wanted ON COMMIT DROP AS
    SELECT ${grain} FROM ${quoteIdentifier(relation)} WITH NO DATA
  `);
  await copyRows(engine, client, "wanted", {
    name: `keys-of-${month ?? "all"}`,
    columns: contract.grain,
    query: slice(month, contract.grain),
  });
  await client.query("ANALYZE wanted");
}

/** NULLs in a grain are equal. `IS NOT DISTINCT FROM` alone can be neither hashed nor looked up. */
const sameKey = (name: string, nullable: boolean) =>
  nullable
    ? `coalesce(stored.${name}, 0) = coalesce(wanted.${name}, 0) AND stored.${name} IS NOT DISTINCT FROM wanted.${name}`
    : `stored.${name} = wanted.${name}`;

/** The month's own rows of a relation that may hold others too. */
export function withinMonth({ month, home }: MonthState): string {
  if (month === null || home.kind === "month") return "true";
  const { from, to } = boundsOf(month);
  return `stored.date >= ${quoteLiteral(from)} AND stored.date < ${quoteLiteral(to)}`;
}

/** DuckDB's decimals have no NaN; a load never brings one, so NULL in its place differs from it as NaN does. */
export const exported = (columns: readonly ContractColumn[]) =>
  columns
    .map(({ name, kind }) => {
      const column = `stored.${quoteIdentifier(name)}`;
      return kind === "numeric" ? `nullif(${column}, 'NaN')` : column;
    })
    .join(", ");

/** The same columns as DuckDB reads them. */
export const fetchedColumns = (columns: readonly ContractColumn[]): FetchedColumn[] =>
  columns.map(({ name, sqlType }) => ({ name, type: sqlType }));
