import { type Client, withTransaction } from "../../database/connection.ts";
import { currentSchema } from "../../database/current-schema.ts";
import * as kinds from "../../system/arguments.ts";
import { type RevisionRow, readRevisionTable, revisionTableSql } from "../revisions/revision-table.ts";
import { type Revision, readRevisions } from "../revisions/revisions.ts";
import { countUpTo } from "./migration-plan.ts";
import {
  type LockOptions,
  type MigrationOptions,
  type Place,
  requireMigrationArguments,
  withConnection,
  withMigrationLock,
} from "./session.ts";

/** Options of {@link stamp}. */
export interface StampOptions extends MigrationOptions, LockOptions {
  /** `head`, `base`, or a revision: its id or the beginning of it, if only one id begins so. */
  readonly target: string;
}

/** What a stamp changed in the revision table. */
export interface StampResult {
  readonly schema: string;
  /** The last revision marked as applied; null if there is none (base). */
  readonly to: string | null;
  /** Revisions that are now marked as applied. */
  readonly added: readonly string[];
  /** Revisions that are no longer marked as applied. */
  readonly removed: readonly string[];
  /** Revisions whose stored checksum was replaced by the checksum of the file. */
  readonly refreshed: readonly string[];
}

/**
 * Marks exactly the revisions up to the target as applied, with the checksums their files have now, without running any of
 * them. Used for a database that was built another way, and to accept an edited file.
 *
 * @param place the database, or an open connection
 * @returns the changes of the revision table; empty lists if it said so already
 * @throws REVISION_FILE_INVALID, REVISION_CHAIN_INVALID, REVISION_HEADS, REVISION_UNKNOWN, REVISION_AMBIGUOUS,
 * SCHEMA_NOT_CHOSEN, DATABASE_*
 * @example
 * ```ts
 * import { databaseOf } from "forecastlab";
 * import { stamp } from "forecastlab/migration";
 *
 * const database = databaseOf("postgresql://localhost/warehouse");
 * const { added, refreshed } = await stamp(database, { target: "head" });
 * console.log({ added, refreshed });
 * ```
 */
export async function stamp(place: Place, options: StampOptions): Promise<StampResult> {
  requireMigrationArguments("stamp", { place, options }, { target: kinds.text });
  const chain = readRevisions(options.folder);
  const wanted = chain.slice(0, countUpTo(chain, options.target));
  return withConnection(place, options.signal, async (client) => {
    const schema = await currentSchema(client);
    return withMigrationLock(client, schema, options, () =>
      withTransaction(client, async () => {
        const changes = stampChanges(wanted, await readRevisionTable(client, schema));
        await writeChanges(client, schema, wanted, changes);
        return { schema, to: wanted.at(-1)?.id ?? null, ...changes };
      }),
    );
  });
}

type StampChanges = Pick<StampResult, "added" | "removed" | "refreshed">;

function stampChanges(wanted: readonly Revision[], rows: readonly RevisionRow[]): StampChanges {
  const stored = new Map(rows.map(({ id, checksum }) => [id, checksum]));
  const ids = new Set(wanted.map(({ id }) => id));
  return {
    added: wanted.filter(({ id }) => !stored.has(id)).map(({ id }) => id),
    removed: rows.map(({ id }) => id).filter((id) => !ids.has(id)),
    refreshed: wanted
      .filter(({ id, checksum }) => (stored.get(id) ?? checksum) !== checksum)
      .map(({ id }) => id),
  };
}

async function writeChanges(
  client: Client,
  schema: string,
  wanted: readonly Revision[],
  { added, removed, refreshed }: StampChanges,
): Promise<void> {
  const [deleted, inserted] = [[...removed, ...refreshed], new Set([...added, ...refreshed])];
  if (deleted.length === 0 && inserted.size === 0) return;
  await client.query(revisionTableSql.create(schema));
  for (const id of deleted) await client.query(revisionTableSql.delete({ id }, schema));
  for (const revision of wanted)
    if (inserted.has(revision.id)) await client.query(revisionTableSql.insert(revision, schema));
  if (wanted.length === 0) await client.query(revisionTableSql.drop(schema));
}
