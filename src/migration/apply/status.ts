import { currentSchema } from "../../database/current-schema.ts";
import { type AppliedState, appliedState, readRevisionTable } from "../revisions/revision-table.ts";
import { readRevisions } from "../revisions/revisions.ts";
import { type MigrationOptions, type Place, requireMigrationArguments, withConnection } from "./session.ts";

/** A revision on disk or in the revision table. Grain: one entry per revision, the first one first. */
export interface HistoryEntry {
  readonly revision: string;
  /** The revision before it; null for the first, and for a revision without a file. */
  readonly parent: string | null;
  /** Whether it is the last of the chain. */
  readonly head: boolean;
  /** Whether it is the last one that is applied without a gap. */
  readonly current: boolean;
  readonly applied: boolean;
  /** When it was applied, as ISO 8601 in UTC with milliseconds; null if it is not applied. */
  readonly applied_at: string | null;
  /** The database role that applied it; null if it is not applied. */
  readonly applied_by: string | null;
  /** Whether the file was edited since it was applied. */
  readonly edited: boolean;
  /** Whether it is applied but has no file. */
  readonly unknown: boolean;
}

/** The revisions of a schema. */
export interface Status {
  readonly schema: string;
  /**
   * `not migrated`: no revision is applied, so there is no warehouse; `inconsistent`: the files and the revision table
   * contradict each other, because a revision is edited, unknown or out of order.
   */
  readonly state: "not migrated" | "behind" | "at head" | "inconsistent";
  /** The last applied revision; null if there is none (base). */
  readonly revision: string | null;
  /** The last revision on disk; null if there is none. */
  readonly head: string | null;
  /** Revisions that are not applied, in order. */
  readonly pending: readonly string[];
  /** Applied revisions whose file was edited since. */
  readonly edited: readonly string[];
  /** Applied revisions that have no file. */
  readonly unknown: readonly string[];
  /** Applied revisions that come after one that is not applied. */
  readonly out_of_order: readonly string[];
  /** The revisions of the chain in order, then those that are applied but have no file. */
  readonly history: readonly HistoryEntry[];
}

/**
 * Reads which revisions there are and which of them the schema has. Needs only the right to read.
 *
 * @param place the database, or an open connection
 * @returns the current revision, the head, and one entry per revision
 * @throws REVISION_FILE_INVALID, REVISION_CHAIN_INVALID, REVISION_HEADS, SCHEMA_NOT_CHOSEN, DATABASE_*
 * @example
 * ```ts
 * import { databaseOf } from "forecastlab";
 * import { status } from "forecastlab/migration";
 *
 * const database = databaseOf("postgresql://localhost/warehouse");
 * const { revision, head, pending } = await status(database);
 * console.log(`at ${revision ?? "base"} of ${head}, ${pending.length} pending`);
 * ```
 */
export async function status(place: Place, options: MigrationOptions = {}): Promise<Status> {
  requireMigrationArguments("status", { place, options });
  const chain = readRevisions(options.folder);
  return withConnection(place, options.signal, async (client) => {
    const schema = await currentSchema(client);
    const applied = await readRevisionTable(client, schema);
    const state = appliedState(chain, applied);
    const rows = new Map(applied.map((row) => [row.id, row]));
    const current = chain[state.appliedCount - 1]?.id ?? null;
    const head = chain.at(-1)?.id ?? null;
    const entry = (id: string, parent: string | null, unknown: boolean): HistoryEntry => ({
      revision: id,
      parent,
      head: id === head,
      current: id === current,
      applied: rows.has(id),
      applied_at: rows.get(id)?.applied_at.toISOString() ?? null,
      applied_by: rows.get(id)?.applied_by ?? null,
      edited: state.edited.includes(id),
      unknown,
    });
    const { edited, unknown, outOfOrder } = state;
    const pending = chain.filter(({ id }) => !rows.has(id)).map(({ id }) => id);
    return {
      schema,
      state: stateOf(state, applied.length, pending.length),
      revision: current,
      head,
      pending,
      edited,
      unknown,
      out_of_order: outOfOrder,
      history: [
        ...chain.map(({ id, parent }) => entry(id, parent ?? null, false)),
        ...state.unknown.map((id) => entry(id, null, true)),
      ],
    };
  });
}

function stateOf(
  { edited, unknown, outOfOrder }: AppliedState,
  applied: number,
  pending: number,
): Status["state"] {
  if (edited.length + unknown.length + outOfOrder.length > 0) return "inconsistent";
  if (applied === 0) return "not migrated";
  return pending > 0 ? "behind" : "at head";
}
