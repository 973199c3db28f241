import { type Client, withTransaction } from "../../database/connection.ts";
import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import { boundsOf, loadTableName } from "../../database/months.ts";
import { copySpooled, createFetched, fetchFile, type SpoolFile, spoolRows } from "../../duckdb/transfer.ts";
import { fail } from "../../errors.ts";
import { exported, fetchedColumns, withinMonth } from "./fetch-stored.ts";
import type { MonthPlan, MonthState } from "./month-plan.ts";
import type { PartitionDefinition } from "./partition-definition.ts";
import { type Batch, byGrain, ofMonth } from "./spool.ts";

/** What all months of a load have in common. */
export interface BuildOptions {
  readonly definition: PartitionDefinition;
  readonly loadId: number;
  /** New rows are numbered from here by their place in the source; null: each draws its id from the sequence. */
  readonly firstId: number | null;
  /** When the load's rows count as recorded, as PostgreSQL writes it. */
  readonly loadedAt: string;
  readonly onStep?: ((step: string) => void | Promise<void>) | undefined;
}

/** The rows of a month to be built, in files ready to be copied. */
export interface SpooledMonth {
  readonly plan: MonthPlan;
  readonly files: readonly SpoolFile[];
  /** Of a month that is replaced: the {@link fingerprint} of the rows it is built from. */
  readonly origin: Fingerprint;
}

/**
 * Writes the rows of a month to be built. Of a month that has rows, the stored ones keep id, created_at and the columns the
 * load does not give; those that differ take its values and time; new ones stand in a file of their own.
 *
 * @throws LOAD_CONFLICT when the rows are not those it was compared with any more
 */
export async function spoolMonth(
  reader: Client,
  batch: Batch,
  plan: MonthPlan,
  { firstId, loadedAt }: BuildOptions,
): Promise<SpooledMonth> {
  const { engine, contract } = batch;
  const columns = firstId === null ? batch.columns : ["id", ...batch.columns];
  const fresh = `(SELECT ${firstId ?? "NULL"} + _seq AS id, * FROM accepted WHERE ${ofMonth(plan.month)}) AS accepted`;
  const write = (what: string, names: readonly string[], query: string) =>
    spoolRows(engine, { name: `${plan.month}-${what}`, columns: names, query });
  if (plan.method === "attach") {
    const list = columns.map(quoteIdentifier).join(", ");
    const file = await write("new", columns, `SELECT ${list} FROM ${fresh} ${byGrain(contract)}`);
    return { plan, files: [file], origin: nothing };
  }
  const stored = `whole_${plan.month}`;
  const origin = await fetchWhole(reader, batch, plan, stored);
  const sql = mergeSql(batch, { stored, fresh, columns, loadedAt });
  const all = [...contract.columns.map(({ name }) => name), ...own];
  const [kept, added] = [await write("kept", all, sql.kept), await write("added", columns, sql.added)];
  const updated = await engine.count(sql.updated);
  await engine.run(`DROP TABLE ${quoteIdentifier(stored)}`);
  if (added.rows !== plan.inserted || updated !== plan.updated) {
    const reason = `${plan.month} has other rows now than when it was compared`;
    throw fail("LOAD_CONFLICT", { table: contract.name, reason });
  }
  return { plan, files: [kept, added], origin };
}

/** A month built beside its table: whole, indexed, its keys proven. Only attaching is left. */
export interface Built {
  readonly plan: MonthPlan;
  readonly origin: Fingerprint;
  /** The stand-alone table, which nobody reads. */
  readonly relation: string;
}

/** Builds a month from its files, in a transaction of its own or in the load's. */
export async function buildMonth(
  client: Client,
  batch: Batch,
  { plan, files, origin }: SpooledMonth,
  options: BuildOptions,
  transaction: "own" | "of the load",
): Promise<Built> {
  // What a load that died leaves behind is known by this name.
  const relation = loadTableName(batch.contract.name, plan.month ?? "", options.loadId);
  await options.onStep?.(`create ${plan.month}`);
  // Copying the table's definition locks it until the transaction ends: another load could swap no month meanwhile.
  await createTable(client, plan, relation, options);
  const fill = async () => {
    await client.query(`TRUNCATE ${quoteIdentifier(relation)}`);
    for (const file of files) {
      await options.onStep?.(`copy ${plan.month}`);
      await copySpooled(batch.engine, client, relation, file, { freeze: true });
    }
    await options.onStep?.(`index ${plan.month}`);
    await finish(client, relation, options.definition);
    await options.onStep?.(`built ${plan.month}`);
  };
  await (transaction === "own" ? withTransaction(client, fill) : fill());
  return { plan, origin, relation };
}

/** Columns that are not the load's to give. */
const own = ["id", "created_at", "updated_at"] as const;

/** Count and digest of a month's row versions: any insert, update or delete changes it. */
export interface Fingerprint {
  readonly rows: string;
  readonly digest: string;
}

const nothing: Fingerprint = { rows: "0", digest: "0" };

export async function fingerprint(client: Client, state: MonthState): Promise<Fingerprint> {
  if (state.home.kind === "none") return nothing;
  const { rows } = await client.query<Fingerprint>(`
    SELECT count(*) AS rows, coalesce(sum(hash_record_extended(ROW (stored.ctid, stored.xmin), 0)), 0) AS digest
    FROM ${quoteIdentifier(state.home.relation)} AS stored
    WHERE ${withinMonth(state)}
  `);
  return rows[0] as Fingerprint;
}

/** Fetches all stored rows of a month with all their columns, and the fingerprint of exactly these. */
async function fetchWhole(
  reader: Client,
  { engine, contract }: Batch,
  state: MonthState,
  into: string,
): Promise<Fingerprint> {
  if (state.home.kind === "none") throw fail("INTERNAL", { reason: "a month without rows is not rebuilt" });
  const source = `${quoteIdentifier(state.home.relation)} AS stored`;
  const extra = own.map((name) => `stored.${name}`).join(", ");
  const columns = [
    ...fetchedColumns(contract.columns),
    ...own.map((name) => ({ name, type: "VARCHAR", plain: true as const })),
  ];
  const { file, origin } = await withTransaction(reader, async () => {
    await reader.query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const query = `SELECT ${exported(contract.columns)}, ${extra} FROM ${source} WHERE ${withinMonth(state)}`;
    return {
      file: await fetchFile(engine, reader, { query, columns }),
      origin: await fingerprint(reader, state),
    };
  });
  await createFetched(engine, into, file);
  return origin;
}

function mergeSql(
  batch: Batch,
  {
    stored,
    fresh,
    columns,
    loadedAt,
  }: { stored: string; fresh: string; columns: readonly string[]; loadedAt: string },
): { kept: string; updated: string; added: string } {
  const { contract } = batch;
  const from = quoteIdentifier(stored);
  const same = contract.grain
    .map((name) => `accepted.${quoteIdentifier(name)} IS NOT DISTINCT FROM stored.${quoteIdentifier(name)}`)
    .join(" AND ");
  const given = batch.columns.filter((name) => !contract.grain.includes(name));
  const different = given
    .map((name) => `accepted.${quoteIdentifier(name)} IS DISTINCT FROM stored.${quoteIdentifier(name)}`)
    .join(" OR ");
  const values = contract.columns.map(({ name }) => {
    const column = quoteIdentifier(name);
    return given.includes(name)
      ? `CASE WHEN accepted._seq IS NOT NULL THEN accepted.${column} ELSE stored.${column} END AS ${column}`
      : `stored.${column}`;
  });
  return {
    kept: `
      SELECT ${values.join(", ")}, stored.id, stored.created_at,
        CASE WHEN accepted._seq IS NOT NULL AND (${different || "false"}) THEN ${quoteLiteral(loadedAt)} ELSE stored.updated_at END
      FROM ${from} AS stored
      LEFT JOIN ${fresh} ON ${same}
      ORDER BY ${contract.grain.map((name) => `stored.${quoteIdentifier(name)}`).join(", ")}
    `,
    updated: `SELECT count(*) FROM ${from} AS stored JOIN ${fresh} ON ${same} WHERE ${different || "false"}`,
    added: `
      SELECT ${columns.map((name) => `accepted.${quoteIdentifier(name)}`).join(", ")}
      FROM ${fresh}
      ANTI JOIN ${from} AS stored ON ${same}
      ${byGrain(contract)}
    `,
  };
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
  // The check tells ATTACH that no row can be out of place, so that it does not look. A vacuum of what was just frozen would
  // only hold up the swap, which takes both away again.
  await client.query(`
    CREATE TABLE ${name} (
      LIKE ${parent} INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION,
      CONSTRAINT ${boundsCheck} CHECK (date >= ${quoteLiteral(from)} AND date < ${quoteLiteral(to)})
    ) WITH (autovacuum_enabled = false)
  `);
  // Identity is not copied, and one time stands for the whole load: constants, which COPY does not evaluate by row.
  await client.query(`
    ALTER TABLE ${name}
      ALTER COLUMN id SET DEFAULT nextval(${quoteLiteral(definition.sequence ?? "")}::regclass),
      ALTER COLUMN created_at SET DEFAULT ${quoteLiteral(loadedAt)},
      ALTER COLUMN updated_at SET DEFAULT ${quoteLiteral(loadedAt)}
  `);
}

export const boundsCheck = "ck_load_bounds";

/** Everything the partitioned table has, in bulk. Foreign keys last: adding them locks the dimensions against writers. */
async function finish(client: Client, relation: string, definition: PartitionDefinition): Promise<void> {
  const name = quoteIdentifier(relation);
  for (const sql of definition.keys) await client.query(`ALTER TABLE ${name} ADD ${sql}`);
  for (const { unique, sql } of definition.indexes) {
    await client.query(`CREATE ${unique ? "UNIQUE " : ""}INDEX ON ${name} ${sql}`);
  }
  await client.query(`
    ALTER TABLE ${name}
      ALTER COLUMN id DROP DEFAULT,
      ALTER COLUMN created_at SET DEFAULT now(),
      ALTER COLUMN updated_at SET DEFAULT now()
  `);
  // Of the columns that rows are found by; autovacuum does the others some time.
  await client.query(`ANALYZE ${name} (${definition.searched.map(quoteIdentifier).join(", ")})`);
  const keys = definition.foreignKeys.map((key) => `ADD CONSTRAINT ${quoteIdentifier(key.name)} ${key.sql}`);
  if (keys.length > 0) await client.query(`ALTER TABLE ${name} ${keys.join(", ")}`);
}
