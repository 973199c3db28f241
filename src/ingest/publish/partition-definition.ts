import type { Client } from "../../database/connection.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";
import type { TableContract } from "../../schema/contracts.ts";
import type { TableName } from "../../schema/tables.ts";

/** What a partition needs so that attaching it has nothing left to build or to validate; read from the live table. */
export interface PartitionDefinition {
  readonly table: TableName;
  /** Keys and unique constraints, as PostgreSQL spells them: `PRIMARY KEY (id, date, store_id)`. */
  readonly keys: readonly string[];
  /** The other indexes, from USING on: `USING btree (store_id)`. */
  readonly indexes: readonly { readonly unique: boolean; readonly sql: string }[];
  readonly foreignKeys: readonly { readonly name: string; readonly sql: string }[];
  /** The sequence behind `id`, quoted; null if the table has no id (the calendar). */
  readonly sequence: string | null;
  /** Columns of the grain and of foreign keys. */
  readonly searched: readonly string[];
  /** Columns that the model does not know: a partition built from the model would lose their values. */
  readonly unknownColumns: readonly string[];
}

/** Whether a partition may be replaced by one that is built from the model. */
export const isReplaceable = ({ unknownColumns }: PartitionDefinition): boolean =>
  unknownColumns.length === 0;

/** Reads the definition from the catalog. */
export async function partitionDefinitionOf(
  client: Client,
  contract: TableContract,
): Promise<PartitionDefinition> {
  const table = contract.name;
  const { rows: constraints } = await client.query<{ type: string; name: string; sql: string }>(
    `SELECT contype AS type, conname AS name, pg_get_constraintdef(oid) AS sql FROM pg_constraint
     WHERE conrelid = $1::regclass AND contype IN ('p', 'u', 'f')
     ORDER BY contype = 'p' DESC, conname`,
    [table],
  );
  const { rows: indexes } = await client.query<{ unique: boolean; sql: string }>(
    `SELECT indisunique AS unique, substring(pg_get_indexdef(indexrelid) FROM ' (USING .*)$') AS sql
     FROM pg_index
     WHERE indrelid = $1::regclass
       AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid AND conrelid = indrelid)
     ORDER BY indexrelid`,
    [table],
  );
  const known = ["id", "created_at", "updated_at", ...contract.columns.map(({ name }) => name)];
  const { rows: unknown } = await client.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
       AND attname <> ALL ($2::text[])`,
    [table, known],
  );
  const { rows: sequences } = await client.query<{ name: string | null }>(
    `SELECT pg_get_serial_sequence($1, 'id') AS name FROM pg_attribute
     WHERE attrelid = $2::regclass AND attname = 'id'`,
    [quoteIdentifier(table), table],
  );
  const ofType = (...types: string[]) => constraints.filter(({ type }) => types.includes(type));
  return {
    table,
    keys: ofType("p", "u").map(({ sql }) => sql),
    indexes,
    foreignKeys: ofType("f"),
    sequence: sequences[0]?.name ?? null,
    searched: [...new Set([...contract.grain, ...contract.references.map(({ column }) => column)])],
    unknownColumns: unknown.map(({ name }) => name),
  };
}
