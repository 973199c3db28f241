import type { Client } from "../database/connection.ts";
import { withTransaction } from "../database/connection.ts";
import { copyFromFile } from "../database/copy.ts";
import { quoteIdentifier, quoteLiteral } from "../database/identifiers.ts";
import { lockForPublishing } from "../database/locks.ts";
import { ensureMonthPartitions } from "../database/partitions.ts";
import { fail } from "../errors.ts";
import type { TableContract } from "../schema/contracts.ts";
import type { Spooled } from "./spool.ts";

/** What became of the rows of a load, or would become. */
export interface Published {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
}

export interface PublishOptions {
  /** Only compare: nothing is written. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal | undefined;
  /** Called with the counts right before the commit; what it throws rolls everything back. */
  readonly beforeCommit: (counts: Published) => void;
}

/**
 * Brings spooled rows into their table in one transaction: inserts what is new, updates what differs in a column the load
 * gives, and leaves the rest unwritten. Columns the load does not give stay as they are.
 *
 * @throws CONSTRAINT_VIOLATED and the other errors of the database
 */
export async function publish(
  client: Client,
  contract: TableContract,
  spooled: Spooled,
  options: PublishOptions,
): Promise<Published> {
  const months = spooled.spools.flatMap(({ month }) => month ?? []);
  if (!options.dryRun) await ensureMonthPartitions(client, contract.name, months);
  return withTransaction(client, async () => {
    if (!options.dryRun) await lockForPublishing(client, contract.name);
    await stage(client, contract, spooled, options.signal);
    const counts = await compare(client, contract, spooled);
    if (!options.dryRun) await apply(client, contract, spooled, counts);
    options.beforeCommit(counts);
    return counts;
  });
}

async function stage(
  client: Client,
  contract: TableContract,
  { columns, spools }: Spooled,
  signal: AbortSignal | undefined,
): Promise<void> {
  const list = columns.map(quoteIdentifier).join(", ");
  await client.query(`
    CREATE TEMPORARY TABLE staged ON COMMIT DROP AS
    SELECT ${list} FROM ${quoteIdentifier(contract.name)} WITH NO DATA
  `);
  for (const { path } of spools) {
    await copyFromFile(
      client,
      `COPY staged (${list}) FROM STDIN WITH (FORMAT csv, ENCODING 'UTF8')`,
      path,
      signal,
    );
  }
  await client.query("ANALYZE staged");
}

async function compare(client: Client, contract: TableContract, spooled: Spooled): Promise<Published> {
  const sql = statements(contract, spooled);
  const { rows } = await client.query<{ staged: string; stored: string; different: string }>(`
    SELECT
      (SELECT count(*) FROM staged) AS staged,
      (SELECT count(*) FROM staged WHERE EXISTS (SELECT FROM ${sql.table} AS stored WHERE ${sql.same})) AS stored,
      (SELECT count(*) FROM staged
       WHERE EXISTS (SELECT FROM ${sql.table} AS stored WHERE ${sql.same} AND ${sql.different})) AS different
  `);
  const [staged, stored, different] = [rows[0]?.staged, rows[0]?.stored, rows[0]?.different].map(Number) as [
    number,
    number,
    number,
  ];
  return { inserted: staged - stored, updated: different, unchanged: stored - different };
}

async function apply(
  client: Client,
  contract: TableContract,
  spooled: Spooled,
  counts: Published,
): Promise<void> {
  const sql = statements(contract, spooled);
  // A load may move the boundary between two windows: only the outcome must not overlap.
  await client.query("SET CONSTRAINTS ALL DEFERRED");
  if (counts.updated > 0) {
    await client.query(`
      UPDATE ${sql.table} AS stored
      SET ${sql.assignments}, updated_at = now()
      FROM staged
      WHERE ${sql.same} AND ${sql.different}
    `);
  }
  if (counts.inserted > 0) {
    const { rowCount } = await client.query(`
      INSERT INTO ${sql.table} (${sql.columns})
      SELECT ${sql.columns} FROM staged
      WHERE NOT EXISTS (SELECT FROM ${sql.table} AS stored WHERE ${sql.same})
    `);
    if (rowCount !== counts.inserted) {
      throw fail("INTERNAL", { reason: `${counts.inserted} rows were new and ${rowCount} were inserted` });
    }
  }
  // Deferred constraints speak up here, where the error can still name what it is about.
  await client.query("SET CONSTRAINTS ALL IMMEDIATE");
}

/** The parts the statements share: `stored` is the table, `staged` what the load brings. */
function statements(contract: TableContract, { columns, spools }: Spooled) {
  const nullable = new Set(contract.columns.filter((column) => column.nullable).map(({ name }) => name));
  const values = columns.filter((name) => !contract.grain.includes(name)).map(quoteIdentifier);
  const row = (of: string) => `(${values.map((name) => `${of}.${name}`).join(", ")})`;
  return {
    table: quoteIdentifier(contract.name),
    columns: columns.map(quoteIdentifier).join(", "),
    same: [
      ...contract.grain.map((name) => {
        const operator = nullable.has(name) ? "IS NOT DISTINCT FROM" : "=";
        return `stored.${quoteIdentifier(name)} ${operator} staged.${quoteIdentifier(name)}`;
      }),
      ...withinMonths(spools),
    ].join(" AND "),
    different: values.length === 0 ? "false" : `${row("stored")} IS DISTINCT FROM ${row("staged")}`,
    assignments: values.map((name) => `${name} = staged.${name}`).join(", "),
  };
}

/** Keeps the planner from looking at partitions of other months. */
function withinMonths(spools: Spooled["spools"]): string[] {
  const [first, last] = [spools[0]?.month, spools.at(-1)?.month];
  if (first === undefined || last === undefined) return [];
  return [
    `stored.date >= DATE ${quoteLiteral(`${first}-01`)}`,
    `stored.date < DATE ${quoteLiteral(`${last}-01`)} + INTERVAL '1 month'`,
  ];
}
