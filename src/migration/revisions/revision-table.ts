import type { Client } from "../../database/connection.ts";
import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import { fail } from "../../errors.ts";
import { version } from "../../system/version.ts";
import type { Revision } from "./revisions.ts";

/** The revision table. It is the tool's own: the model, the diff and the catalog look through it. */
export const ledgerTable = "schema_revision";

/** A row of the revision table. Grain: one applied revision. */
export interface LedgerRow {
  readonly id: string;
  readonly checksum: string;
  readonly appliedAt: Date;
  readonly appliedBy: string;
  readonly toolVersion: string;
}

/** How the revisions on disk and those of a database agree. */
export interface LedgerState {
  /** How many revisions from the chain's beginning are applied without a gap. */
  readonly appliedCount: number;
  /** Applied, but no file. */
  readonly unknown: readonly string[];
  /** Applied, though one before it is not. */
  readonly detached: readonly string[];
  /** Applied with another checksum than the file has now. */
  readonly edited: readonly string[];
}

/** The ledger's rows by id; undefined where there is no ledger yet. */
export async function readLedger(client: Client, schema: string): Promise<LedgerRow[] | undefined> {
  const found = await client.query<{ found: boolean }>(
    `SELECT EXISTS (
       SELECT FROM pg_class WHERE relnamespace = $1::regnamespace AND relname = $2 AND relkind = 'r'
     ) AS found`,
    [quoteIdentifier(schema), ledgerTable],
  );
  if (found.rows[0]?.found !== true) return undefined;
  const { rows } = await client.query<LedgerRow>(
    `SELECT id, checksum, applied_at AS "appliedAt", applied_by AS "appliedBy", tool_version AS "toolVersion"
     FROM ${ledgerOf(schema)}
     ORDER BY id`,
  );
  return rows;
}

/** Compares the ledger with the chain. */
export function ledgerState(
  chain: readonly Revision[],
  ledger: readonly Pick<LedgerRow, "id" | "checksum">[],
): LedgerState {
  const checksums = new Map(ledger.map(({ id, checksum }) => [id, checksum]));
  const gap = chain.findIndex(({ id }) => !checksums.has(id));
  const appliedCount = gap === -1 ? chain.length : gap;
  const ids = new Set(chain.map(({ id }) => id));
  return {
    appliedCount,
    unknown: ledger.map(({ id }) => id).filter((id) => !ids.has(id)),
    detached: chain.slice(appliedCount).flatMap(({ id }) => (checksums.has(id) ? [id] : [])),
    edited: chain
      .filter(({ id, checksum }) => (checksums.get(id) ?? checksum) !== checksum)
      .map(({ id }) => id),
  };
}

/**
 * Refuses to work where files and ledger disagree.
 *
 * @throws LEDGER_MISMATCH, REVISION_EDITED
 */
export function requireAgreement(chain: readonly Revision[], state: LedgerState): void {
  const { appliedCount, unknown, detached, edited } = state;
  if (unknown.length > 0) {
    throw fail("LEDGER_MISMATCH", {
      problem: `it has applied ${unknown.join(", ")}, and there is no such file`,
    });
  }
  if (detached.length > 0) {
    const missing = chain[appliedCount]?.id ?? "";
    throw fail("LEDGER_MISMATCH", {
      problem: `it has applied ${detached.join(", ")} but not ${missing} before it`,
    });
  }
  if (edited.length > 0) {
    const current = chain[appliedCount - 1]?.id ?? "";
    throw fail("REVISION_EDITED", { revisions: edited.join(", "), current });
  }
}

/** The ledger's SQL, the same for a connection and for `--sql`. Without a schema it follows the search path. */
export const ledgerSql = {
  create: (schema?: string) => `CREATE TABLE IF NOT EXISTS ${ledgerOf(schema)} (
  id text NOT NULL,
  checksum text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  applied_by text NOT NULL DEFAULT session_user,
  tool_version text NOT NULL,
  CONSTRAINT pk_${ledgerTable} PRIMARY KEY (id)
);`,
  insert: ({ id, checksum }: Revision, schema?: string) =>
    `INSERT INTO ${ledgerOf(schema)} (id, checksum, tool_version)
VALUES (${quoteLiteral(id)}, ${quoteLiteral(checksum)}, ${quoteLiteral(version)});`,
  delete: ({ id }: Pick<Revision, "id">, schema?: string) =>
    `DELETE FROM ${ledgerOf(schema)} WHERE id = ${quoteLiteral(id)};`,
  /** Back at base, nothing is left. */
  drop: (schema?: string) => `DROP TABLE ${ledgerOf(schema)};`,
};

function ledgerOf(schema: string | undefined): string {
  return schema === undefined ? ledgerTable : `${quoteIdentifier(schema)}.${ledgerTable}`;
}
