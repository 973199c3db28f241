import type { Client } from "../../database/connection.ts";
import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import { fail } from "../../errors.ts";
import { version } from "../../system/version.ts";
import type { Revision } from "./revisions.ts";

/** The table with the revisions a schema has. It belongs to the tool: model, diff and catalog ignore it. */
export const revisionTable = "schema_revision";

/** A row of the revision table. Grain: one row per applied revision. */
export interface RevisionRow {
  readonly id: string;
  /** Of the file when it was applied, as {@link Revision.checksum}. */
  readonly checksum: string;
  readonly applied_at: Date;
  /** The database role that applied it. */
  readonly applied_by: string;
  /** The version of forecastlab that applied it. */
  readonly tool_version: string;
}

/** The revision table compared with the revisions on disk. */
export interface AppliedState {
  /** How many revisions are applied without a gap, counted from the start of the chain. */
  readonly appliedCount: number;
  /** Ids of revisions that are applied but have no file. */
  readonly unknown: readonly string[];
  /** Ids of revisions that are applied although an earlier one is not. */
  readonly outOfOrder: readonly string[];
  /** Ids of revisions whose file has another checksum than when it was applied. */
  readonly edited: readonly string[];
}

/** The rows of the revision table by id; none if the table does not exist. */
export async function readRevisionTable(client: Client, schema: string): Promise<RevisionRow[]> {
  const found = await client.query<{ found: boolean }>(
    `SELECT EXISTS (
       SELECT FROM pg_class WHERE relnamespace = $1::regnamespace AND relname = $2 AND relkind = 'r'
     ) AS found`,
    [quoteIdentifier(schema), revisionTable],
  );
  if (found.rows[0]?.found !== true) return [];
  const { rows } = await client.query<RevisionRow>(
    `SELECT id, checksum, applied_at, applied_by, tool_version
     FROM ${qualifiedTable(schema)}
     ORDER BY id`,
  );
  return rows;
}

/** Compares the rows of the revision table with the chain. */
export function appliedState(
  chain: readonly Revision[],
  rows: readonly Pick<RevisionRow, "id" | "checksum">[],
): AppliedState {
  const checksums = new Map(rows.map(({ id, checksum }) => [id, checksum]));
  const gap = chain.findIndex(({ id }) => !checksums.has(id));
  const appliedCount = gap === -1 ? chain.length : gap;
  const ids = new Set(chain.map(({ id }) => id));
  return {
    appliedCount,
    unknown: rows.map(({ id }) => id).filter((id) => !ids.has(id)),
    outOfOrder: chain.slice(appliedCount).flatMap(({ id }) => (checksums.has(id) ? [id] : [])),
    edited: chain
      .filter(({ id, checksum }) => (checksums.get(id) ?? checksum) !== checksum)
      .map(({ id }) => id),
  };
}

/**
 * Refuses to continue if the files and the revision table contradict each other.
 *
 * @throws LEDGER_MISMATCH, REVISION_EDITED
 */
export function requireAgreement(chain: readonly Revision[], state: AppliedState): void {
  const { appliedCount, unknown, outOfOrder, edited } = state;
  if (unknown.length > 0) {
    throw fail("LEDGER_MISMATCH", {
      problem: `it has applied ${unknown.join(", ")}, and there is no such file`,
    });
  }
  if (outOfOrder.length > 0) {
    const missing = chain[appliedCount]?.id ?? "";
    throw fail("LEDGER_MISMATCH", {
      problem: `it has applied ${outOfOrder.join(", ")} but not ${missing} before it`,
    });
  }
  if (edited.length > 0) {
    const current = chain[appliedCount - 1]?.id ?? "";
    throw fail("REVISION_EDITED", { revisions: edited.join(", "), current });
  }
}

/**
 * The statements on the revision table, shared by connections and `--sql`. Without a schema they use the search path.
 */
export const revisionTableSql = {
  create: (schema?: string) => `CREATE TABLE IF NOT EXISTS ${qualifiedTable(schema)} (
  id text NOT NULL,
  checksum text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  applied_by text NOT NULL DEFAULT session_user,
  tool_version text NOT NULL,
  CONSTRAINT pk_${revisionTable} PRIMARY KEY (id)
);`,
  insert: ({ id, checksum }: Revision, schema?: string) =>
    `INSERT INTO ${qualifiedTable(schema)} (id, checksum, tool_version)
VALUES (${quoteLiteral(id)}, ${quoteLiteral(checksum)}, ${quoteLiteral(version)});`,
  delete: ({ id }: Pick<Revision, "id">, schema?: string) =>
    `DELETE FROM ${qualifiedTable(schema)} WHERE id = ${quoteLiteral(id)};`,
  drop: (schema?: string) => `DROP TABLE ${qualifiedTable(schema)};`,
};

function qualifiedTable(schema: string | undefined): string {
  return schema === undefined ? revisionTable : `${quoteIdentifier(schema)}.${revisionTable}`;
}
