import { currentSchema } from "../../database/current-schema.ts";
import { ledgerState, readLedger } from "../revisions/revision-table.ts";
import { readRevisions } from "../revisions/revisions.ts";
import { type Target, withTarget } from "./session.ts";

/** A revision of the chain, or of the ledger alone. Grain: one revision, the first one first. */
export interface HistoryEntry {
  readonly revision: string;
  readonly parent: string | null;
  /** The last of the chain. */
  readonly head: boolean;
  /** The last applied without a gap. */
  readonly current: boolean;
  readonly applied: boolean;
  readonly appliedAt: string | null;
  readonly appliedBy: string | null;
  /** The file differs from what was applied. */
  readonly edited: boolean;
  /** Applied, though there is no file. */
  readonly unknown: boolean;
}

export interface Status {
  readonly schema: string;
  /** The last applied revision; null: base. */
  readonly revision: string | null;
  readonly head: string | null;
  readonly history: readonly HistoryEntry[];
}

/**
 * The chain of revisions, and which of them the database has. Needs no more than the right to read.
 *
 * @throws REVISION_FILE_INVALID, REVISION_CHAIN_INVALID, REVISION_HEADS, SCHEMA_NOT_CHOSEN, DATABASE_*
 */
export async function status(options: Target): Promise<Status> {
  const chain = readRevisions(options.folder);
  return withTarget(options, async (client) => {
    const schema = await currentSchema(client);
    const ledger = (await readLedger(client, schema)) ?? [];
    const state = ledgerState(chain, ledger);
    const rows = new Map(ledger.map((row) => [row.id, row]));
    const current = chain[state.appliedCount - 1]?.id ?? null;
    const head = chain.at(-1)?.id ?? null;
    const entry = (id: string, parent: string | null, unknown: boolean): HistoryEntry => ({
      revision: id,
      parent,
      head: id === head,
      current: id === current,
      applied: rows.has(id),
      appliedAt: rows.get(id)?.appliedAt.toISOString() ?? null,
      appliedBy: rows.get(id)?.appliedBy ?? null,
      edited: state.edited.includes(id),
      unknown,
    });
    return {
      schema,
      revision: current,
      head,
      history: [
        ...chain.map(({ id, parent }) => entry(id, parent ?? null, false)),
        ...state.unknown.map((id) => entry(id, null, true)),
      ],
    };
  });
}
