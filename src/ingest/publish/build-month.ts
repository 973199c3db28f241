import { type Client, withTransaction } from "../../database/connection.ts";
import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import { defaultLockRetry, withLockRetry } from "../../database/lock-retry.ts";
import { boundsOf, loadTableName } from "../../database/months.ts";
import { ownLikeParent } from "../../database/partitions.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { copySpooled } from "../../duckdb/transfer.ts";
import type { Fingerprint } from "./fingerprint.ts";
import type { MonthPlan, MonthState } from "./month-plan.ts";
import type { PartitionDefinition } from "./partition-definition.ts";
import type { IdsOf } from "./reserve-ids.ts";
import type { SpooledMonth } from "./spool-month.ts";

/** What the months that a load builds have in common. */
export interface BuildOptions {
  readonly definition: PartitionDefinition;
  readonly loadId: number;
  /** The ids of new rows by their place in the source; null: each draws its id from the sequence. */
  readonly ids: IdsOf | null;
  /** When the load's rows count as recorded, as PostgreSQL writes it. */
  readonly loadedAt: string;
  readonly onStep?: ((step: string) => void | Promise<void>) | undefined;
}

/** A month built next to its table, complete with rows, indexes and validated keys, and ready to be attached. */
export interface BuiltMonth {
  readonly plan: MonthPlan;
  readonly origin: Fingerprint;
  /** The stand-alone table, which nobody reads. */
  readonly relation: string;
}

/** Builds a month from its files, in a transaction of its own: nobody reads it until it is attached. */
export async function buildMonth(
  client: Client,
  engine: Engine,
  { plan, files, origin }: SpooledMonth,
  options: BuildOptions,
): Promise<BuiltMonth> {
  // By this name the next load finds it if this one is killed.
  const relation = loadTableName(options.definition.table, plan.month ?? "", options.loadId);
  await options.onStep?.(`create ${plan.month}`);
  // Outside of the transaction: copying the table's definition locks the table until the transaction ends, and no other load
  // could swap a month meanwhile.
  await createTable(client, plan, relation, options);
  const fill = async () => {
    await client.query(`TRUNCATE ${quoteIdentifier(relation)}`);
    for (const file of files) {
      await options.onStep?.(`copy ${plan.month}`);
      await copySpooled(engine, client, relation, file, { freeze: true });
    }
    await options.onStep?.(`index ${plan.month}`);
    await addConstraints(client, relation, options.definition);
    await options.onStep?.(`built ${plan.month}`);
  };
  // Foreign keys lock one dimension after the other, and writers of dimensions may do so in another order.
  await withLockRetry(client, { ...defaultLockRetry, signal: engine.signal }, () =>
    withTransaction(client, fill),
  );
  return { plan, origin, relation };
}

async function createTable(
  client: Client,
  { month }: MonthState,
  relation: string,
  { definition, loadedAt }: BuildOptions,
): Promise<void> {
  const name = quoteIdentifier(relation);
  const parent = quoteIdentifier(definition.table);
  const { from, to } = boundsOf(month ?? "");
  // Because of the CHECK, ATTACH need not look whether every row is within the bounds. Rows are frozen when they are copied,
  // and a vacuum would only hold up the swap, which removes both settings again.
  await client.query(`
    CREATE TABLE ${name} (
      LIKE ${parent} INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION,
      CONSTRAINT ${boundsCheck} CHECK (date >= ${quoteLiteral(from)} AND date < ${quoteLiteral(to)})
    ) WITH (autovacuum_enabled = false)
  `);
  await ownLikeParent(client, definition.table, relation);
  // Identity is not copied. All rows of a load have the same time, so constants do, which COPY evaluates only once.
  await setDefaults(client, relation, {
    id: `nextval(${quoteLiteral(definition.sequence ?? "")}::regclass)`,
    created_at: quoteLiteral(loadedAt),
    updated_at: quoteLiteral(loadedAt),
  });
}

/** Sets the defaults of columns: SQL, or null for none. */
async function setDefaults(
  client: Client,
  relation: string,
  defaults: Readonly<Record<string, string | null>>,
): Promise<void> {
  for (const [column, sql] of Object.entries(defaults)) {
    const action = sql === null ? "DROP DEFAULT" : `SET DEFAULT ${sql}`;
    const alter = `ALTER TABLE ${quoteIdentifier(relation)} ALTER COLUMN ${quoteIdentifier(column)} ${action}`;
    await client.query(alter);
  }
}

/** The name of the CHECK that a built month has until it is attached. */
export const boundsCheck = "ck_load_bounds";

/** Adds what the partitioned table has, in bulk. Foreign keys last: adding them locks the dimensions against writers. */
async function addConstraints(
  client: Client,
  relation: string,
  definition: PartitionDefinition,
): Promise<void> {
  const name = quoteIdentifier(relation);
  for (const sql of definition.keys) await client.query(`ALTER TABLE ${name} ADD ${sql}`);
  for (const { unique, sql } of definition.indexes) {
    await client.query(`CREATE ${unique ? "UNIQUE " : ""}INDEX ON ${name} ${sql}`);
  }
  await setDefaults(client, relation, { id: null, created_at: "now()", updated_at: "now()" });
  // Only columns that rows are searched by; autovacuum analyzes the others later.
  await client.query(`ANALYZE ${name} (${definition.searched.map(quoteIdentifier).join(", ")})`);
  for (const key of definition.foreignKeys) {
    await client.query(`ALTER TABLE ${name} ADD CONSTRAINT ${quoteIdentifier(key.name)} ${key.sql}`);
  }
}
