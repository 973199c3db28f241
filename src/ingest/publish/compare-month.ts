import type { Client } from "../../database/connection.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { fetchStored } from "./fetch-stored.ts";
import type { MonthChanges, MonthState } from "./month-plan.ts";
import { type Batch, ofMonth } from "./spool.ts";

/** The table of what a load changes in a month: its rows, and whether each is `_stored` already with other values. */
export const changesTable = ({ month }: Pick<MonthState, "month">) => `changes_${month ?? "all"}`;

/**
 * Compares the accepted rows of a month with those stored, in DuckDB. Afterwards there is a {@link changesTable},
 * except where nothing is stored and every row is new.
 */
export async function compareMonth(client: Client, batch: Batch, state: MonthState): Promise<MonthChanges> {
  const stored = `stored_${state.month ?? "all"}`;
  const some = await fetchStored(client, batch, state, stored);
  if (!some) {
    if (state.home.kind === "shared") await createChanges(batch, state, undefined);
    return { inserted: state.staged, updated: 0, unchanged: 0 };
  }
  await createChanges(batch, state, stored);
  await batch.engine.run(`DROP TABLE ${quoteIdentifier(stored)}`);
  return changesOf(batch.engine, state);
}

/** Counts of {@link changesTable}. */
async function changesOf(engine: Engine, state: MonthState): Promise<MonthChanges> {
  const [counts] = await engine.rows<{ inserted: number; updated: number }>(`
    SELECT count(*) FILTER (WHERE NOT _stored) AS inserted, count(*) FILTER (WHERE _stored) AS updated
    FROM ${quoteIdentifier(changesTable(state))}
  `);
  const { inserted = 0, updated = 0 } = counts ?? {};
  return { inserted, updated, unchanged: state.staged - inserted - updated };
}

async function createChanges(
  { engine, contract, columns }: Batch,
  state: MonthState,
  stored: string | undefined,
): Promise<void> {
  const changes = quoteIdentifier(changesTable(state));
  const staged = columns.map((name) => `accepted.${quoteIdentifier(name)}`).join(", ");
  if (stored === undefined) {
    await engine.run(
      `CREATE OR REPLACE TABLE ${changes} AS SELECT ${staged}, false AS _stored FROM accepted WHERE ${ofMonth(state.month)}`,
    );
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
    SELECT ${staged}, ${isStored} AS _stored
    FROM (FROM accepted WHERE ${ofMonth(state.month)}) AS accepted
    LEFT JOIN ${quoteIdentifier(stored)} AS stored ON ${same.join(" AND ")}
    WHERE ${["NOT _stored", ...different].join(" OR ")}
  `);
}
