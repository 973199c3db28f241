import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Client, withTransaction } from "../../database/connection.ts";
import { copyFromFile, copyToFile } from "../../database/copy.ts";
import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import { boundsOf } from "../../database/months.ts";
import { copiedCsv } from "../../duckdb/transfer.ts";
import type { ContractColumn } from "../../schema/contracts.ts";
import { type Fetch, fetchOf, type MonthState } from "./month-plan.ts";
import { type Batch, slice, writeSpool } from "./spool.ts";

/**
 * Fetches the stored rows of a month that a load is compared with into a new table of DuckDB: its grain and the given
 * columns, typed as the warehouse has them. They travel as CSV through a file, never as rows through this process.
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
  const path = join(engine.folder, `${into}.csv`);
  await exportRows(client, batch, state, { fetch, columns, path });
  await engine.run(`CREATE TABLE ${quoteIdentifier(into)} AS SELECT * FROM ${storedCsv(path, columns)}`);
  await rm(path);
  return true;
}

async function exportRows(
  client: Client,
  { engine, contract }: Batch,
  state: MonthState,
  { fetch, columns, path }: { fetch: Fetch; columns: readonly ContractColumn[]; path: string },
): Promise<void> {
  if (state.home.kind === "none") return;
  const { relation } = state.home;
  const source = `${quoteIdentifier(relation)} AS stored`;
  const within = withinMonth(state);
  const list = exported(columns);
  if (fetch === "all") {
    await copyToFile(client, copyOut(`SELECT ${list} FROM ${source} WHERE ${within}`), path, engine.signal);
    return;
  }
  const keys = join(engine.folder, `keys-of-${state.month ?? "all"}.csv`);
  await writeSpool(engine, slice(state.month, contract.grain), keys);
  const nullable = new Set(contract.columns.filter((column) => column.nullable).map(({ name }) => name));
  const same = contract.grain.map((name) => sameKey(quoteIdentifier(name), nullable.has(name)));
  const grain = contract.grain.map(quoteIdentifier).join(", ");
  await withTransaction(client, async () => {
    await client.query(`
      CREATE TEMPORARY TABLE wanted ON COMMIT DROP AS
      SELECT ${grain} FROM ${quoteIdentifier(relation)} WITH NO DATA
    `);
    await copyFromFile(
      client,
      `COPY wanted FROM STDIN WITH (FORMAT csv, ENCODING 'UTF8')`,
      keys,
      engine.signal,
    );
    await client.query("ANALYZE wanted");
    await copyToFile(
      client,
      copyOut(`SELECT ${list} FROM wanted JOIN ${source} ON ${same.join(" AND ")} WHERE ${within}`),
      path,
      engine.signal,
    );
  });
  await rm(keys);
}

/** NULLs in a grain are equal. `IS NOT DISTINCT FROM` alone can be neither hashed nor looked up. */
const sameKey = (name: string, nullable: boolean) =>
  nullable
    ? `coalesce(stored.${name}, 0) = coalesce(wanted.${name}, 0) AND stored.${name} IS NOT DISTINCT FROM wanted.${name}`
    : `stored.${name} = wanted.${name}`;

export const copyOut = (query: string) => `COPY (${query}) TO STDOUT WITH (FORMAT csv, ENCODING 'UTF8')`;

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

/** SQL of the rows of a file written by {@link copyOut}; `extra` columns behind the table's own are text. */
export function storedCsv(
  path: string,
  columns: readonly ContractColumn[],
  extra: readonly string[] = [],
): string {
  const types = [
    ...columns.map(({ name, sqlType }) => ({ name, type: sqlType })),
    ...extra.map((name) => ({ name, type: "VARCHAR" })),
  ];
  return copiedCsv(
    path,
    types,
    columns.some(({ kind }) => kind === "text"),
  );
}
