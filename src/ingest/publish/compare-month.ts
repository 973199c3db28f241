import type { Client } from "../../database/connection.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import type { MonthChanges } from "../counts.ts";
import { tables } from "../engine-tables.ts";
import { type AcceptedRows, isInMonth } from "./accepted-rows.ts";
import { fetchStored } from "./fetch-stored.ts";
import type { MonthState } from "./month-plan.ts";

/** The engine's table of what a load changes in a month. */
export const changesTable = ({ month }: Pick<MonthState, "month">) => tables.changedRow(month ?? "all");

/**
 * Compares the accepted rows of a month with the stored ones, in DuckDB. Afterwards there is a {@link changesTable}, unless
 * nothing is stored and the month will be attached.
 */
export async function compareMonth(
  client: Client,
  rows: AcceptedRows,
  state: MonthState,
): Promise<MonthChanges> {
  const stored = tables.storedRow(state.month ?? "all");
  const some = await fetchStored(client, rows, state, stored);
  if (!some) {
    if (state.home.kind === "shared") await createChanges(rows, state, undefined);
    return { inserted: state.staged, updated: 0, unchanged: 0 };
  }
  await createChanges(rows, state, stored);
  await rows.engine.run(`DROP TABLE ${quoteIdentifier(stored)}`);
  return changesOf(rows.engine, state);
}

/** The counts of a {@link changesTable}. */
async function changesOf(engine: Engine, state: MonthState): Promise<MonthChanges> {
  const [counts] = await engine.rows<{ inserted: number; updated: number }>(`
    SELECT count(*) FILTER (WHERE NOT _stored) AS inserted, count(*) FILTER (WHERE _stored) AS updated
    FROM ${quoteIdentifier(changesTable(state))}
  `);
  const { inserted = 0, updated = 0 } = counts ?? {};
  return { inserted, updated, unchanged: state.staged - inserted - updated };
}

async function createChanges(
  { engine, contract, columns }: AcceptedRows,
  state: MonthState,
  stored: string | undefined,
): Promise<void> {
  const changes = quoteIdentifier(changesTable(state));
  const given = columns.map((name) => `accepted.${quoteIdentifier(name)}`).join(", ");
  if (stored === undefined) {
    await engine.run(`
      CREATE OR REPLACE TABLE ${changes} AS
      SELECT ${given}, false AS _stored
      FROM ${tables.acceptedRow} AS accepted
      WHERE ${isInMonth(state.month)}
    `);
    return;
  }
  const both = (name: string, operator: string) =>
    `accepted.${quoteIdentifier(name)} ${operator} stored.${quoteIdentifier(name)}`;
  const same = contract.grain.map((name) => both(name, "IS NOT DISTINCT FROM"));
  const different = columns
    .filter((name) => !contract.grain.includes(name))
    .map((name) => both(name, "IS DISTINCT FROM"));
  const isStored = `stored.${quoteIdentifier(contract.grain[0] ?? "")} IS NOT NULL`;
  await engine.run(`
    CREATE OR REPLACE TABLE ${changes} AS
    SELECT ${given}, ${isStored} AS _stored
    FROM (FROM ${tables.acceptedRow} WHERE ${isInMonth(state.month)}) AS accepted
    LEFT JOIN ${quoteIdentifier(stored)} AS stored ON ${same.join(" AND ")}
    WHERE ${["NOT _stored", ...different].join(" OR ")}
  `);
}
