import { type Client, withTransaction } from "../../database/connection.ts";
import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import { createFetched, fetchFile, type SpoolFile, spoolRows } from "../../duckdb/transfer.ts";
import { fail } from "../../errors.ts";
import { tables } from "../engine-tables.ts";
import { type AcceptedRows, isInMonth, orderByGrain } from "./accepted-rows.ts";
import { fetchedColumns, isInStoredMonth, storedColumns } from "./fetch-stored.ts";
import { emptyFingerprint, type Fingerprint, fingerprintOf } from "./fingerprint.ts";
import type { MonthPlan, MonthState } from "./month-plan.ts";
import type { IdsOf } from "./reserve-ids.ts";

/** The rows of a month to be built, in files ready to be copied. */
export interface SpooledMonth {
  readonly plan: MonthPlan;
  readonly files: readonly SpoolFile[];
  /** If the month replaces a stored one: the fingerprint of the rows that it is built from. */
  readonly origin: Fingerprint;
}

/**
 * Writes the rows of a month to be built. If the month has stored rows, these keep id, created_at and the columns that the
 * load does not give; those that differ get the load's values and its time. New rows are in a file of their own.
 *
 * @param options.ids the ids of new rows by their place in the source; null: without ids
 * @param options.loadedAt when the load's rows count as recorded, as PostgreSQL writes it
 * @throws LOAD_CONFLICT when the stored rows are no longer those that the load was compared with
 */
export async function spoolMonth(
  reader: Client,
  rows: AcceptedRows,
  plan: MonthPlan,
  { ids, loadedAt }: { readonly ids: IdsOf | null; readonly loadedAt: string },
): Promise<SpooledMonth> {
  const { engine, contract } = rows;
  const columns = ids === null ? rows.columns : ["id", ...rows.columns];
  const accepted = `(
    SELECT ${ids === null ? "NULL" : ids("_seq")} AS id, * FROM ${tables.acceptedRow} WHERE ${isInMonth(plan.month)}
  ) AS accepted`;
  const write = (what: string, names: readonly string[], query: string) =>
    spoolRows(engine, { name: `${plan.month}-${what}`, columns: names, query });
  if (plan.method === "attach") {
    const list = columns.map(quoteIdentifier).join(", ");
    const file = await write("new", columns, `SELECT ${list} FROM ${accepted} ${orderByGrain(contract)}`);
    return { plan, files: [file], origin: emptyFingerprint };
  }
  const stored = tables.storedMonth(plan.month ?? "all");
  const origin = await fetchMonth(reader, rows, plan, stored);
  const sql = rebuildSql(rows, { stored, accepted, columns, loadedAt });
  const all = [...contract.columns.map(({ name }) => name), ...ownColumns];
  const [kept, added] = [await write("kept", all, sql.kept), await write("added", columns, sql.added)];
  const updated = await engine.count(sql.updated);
  await engine.run(`DROP TABLE ${quoteIdentifier(stored)}`);
  if (added.rows !== plan.inserted || updated !== plan.updated) {
    const reason = `${plan.month} has other rows now than when it was compared`;
    throw fail("LOAD_CONFLICT", { table: contract.name, reason });
  }
  return { plan, files: [kept, added], origin };
}

/** Columns that the warehouse gives, never a load. */
const ownColumns = ["id", "created_at", "updated_at"] as const;

/** Fetches all stored rows of a month with all their columns. @returns the fingerprint of exactly these rows */
async function fetchMonth(
  reader: Client,
  { engine, contract }: AcceptedRows,
  state: MonthState,
  into: string,
): Promise<Fingerprint> {
  if (state.home.kind === "none") throw fail("INTERNAL", { reason: "a month without rows is not rebuilt" });
  const source = `${quoteIdentifier(state.home.relation)} AS stored`;
  const own = ownColumns.map((name) => `stored.${name}`).join(", ");
  const columns = [
    ...fetchedColumns(contract.columns),
    ...ownColumns.map((name) => ({ name, type: "VARCHAR", plain: true as const })),
  ];
  const { file, origin } = await withTransaction(reader, async () => {
    await reader.query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const query = `SELECT ${storedColumns(contract.columns)}, ${own} FROM ${source} WHERE ${isInStoredMonth(state)}`;
    return {
      file: await fetchFile(engine, reader, { query, columns }),
      origin: await fingerprintOf(reader, state),
    };
  });
  await createFetched(engine, into, file);
  return origin;
}

/** SQL of the stored rows after the load, how many of these it updates, and the rows it adds. */
function rebuildSql(
  { contract, columns: given }: AcceptedRows,
  {
    stored,
    accepted,
    columns,
    loadedAt,
  }: { stored: string; accepted: string; columns: readonly string[]; loadedAt: string },
): { kept: string; updated: string; added: string } {
  const from = quoteIdentifier(stored);
  const same = contract.grain
    .map((name) => `accepted.${quoteIdentifier(name)} IS NOT DISTINCT FROM stored.${quoteIdentifier(name)}`)
    .join(" AND ");
  const values = given.filter((name) => !contract.grain.includes(name));
  const different =
    values
      .map((name) => `accepted.${quoteIdentifier(name)} IS DISTINCT FROM stored.${quoteIdentifier(name)}`)
      .join(" OR ") || "false";
  const merged = contract.columns.map(({ name }) => {
    const column = quoteIdentifier(name);
    return values.includes(name)
      ? `CASE WHEN accepted._seq IS NOT NULL THEN accepted.${column} ELSE stored.${column} END AS ${column}`
      : `stored.${column}`;
  });
  return {
    kept: `
      SELECT ${merged.join(", ")}, stored.id, stored.created_at,
        CASE
          WHEN accepted._seq IS NOT NULL AND (${different}) THEN ${quoteLiteral(loadedAt)}
          ELSE stored.updated_at
        END
      FROM ${from} AS stored
      LEFT JOIN ${accepted} ON ${same}
      ORDER BY ${contract.grain.map((name) => `stored.${quoteIdentifier(name)}`).join(", ")}
    `,
    updated: `SELECT count(*) FROM ${from} AS stored JOIN ${accepted} ON ${same} WHERE ${different}`,
    added: `
      SELECT ${columns.map((name) => `accepted.${quoteIdentifier(name)}`).join(", ")}
      FROM ${accepted}
      ANTI JOIN ${from} AS stored ON ${same}
      ${orderByGrain(contract)}
    `,
  };
}
