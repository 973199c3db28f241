import type { AppliedState, RevisionRow } from "../revisions/revision-table.ts";
import type { Revision } from "../revisions/revisions.ts";
import type { Catalog } from "./catalog.ts";
import { compareCatalogs, type Difference, differenceText } from "./compare-catalogs.ts";

/** What was compared. */
export type Topic =
  /** The model with its committed snapshot: a revision has to be written. */
  | "model"
  /** The snapshot with the migrations: something in the model is in no revision. */
  | "migrations"
  /** The revisions on disk with the applied ones. */
  | "revisions"
  /** The files of applied revisions with their checksums when they were applied. */
  | "files"
  /** The live schema with the migrations. */
  | "database";

/** One difference, in words and in parts. */
export interface Finding {
  readonly topic: Topic;
  /** The object: `column sales_daily.quantity`. */
  readonly object: string;
  /** The difference: `type: expected integer, found bigint`. */
  readonly detail: string;
  readonly expected: string | null;
  readonly found: string | null;
}

/** The statements that are missing in the migrations because the model changed. */
export function modelFindings(statements: readonly string[]): Finding[] {
  return statements.map((statement) => {
    const object = statement.replaceAll(/\s+/g, " ");
    return { topic: "model", object, detail: "in no revision", expected: object, found: null };
  });
}

/** What the model has and the migrations do not. Everything else in the migrations is written by hand. */
export function migrationFindings(model: Catalog | undefined, head: Catalog): Finding[] {
  if (model === undefined) return [];
  return compareCatalogs(model, head, { onlyExpected: true })
    .filter(({ object }) => !object.startsWith("extension "))
    .map((difference) => catalogFinding("migrations", difference));
}

/** Revisions that are not applied, and applied revisions that have no file or are out of order. */
export function revisionFindings(chain: readonly Revision[], state: AppliedState): Finding[] {
  const finding = (id: string, expected: string, found: string): Finding => {
    const detail = `expected ${expected}, found ${found}`;
    return { topic: "revisions", object: `revision ${id}`, detail, expected, found };
  };
  return [
    ...state.unknown.map((id) => finding(id, "a file of this name", "none, though it is applied")),
    ...chain
      .slice(state.appliedCount)
      .filter(({ id }) => !state.outOfOrder.includes(id))
      .map(({ id }) => finding(id, "applied", "not applied")),
    ...state.outOfOrder.map((id) => finding(id, "applied after the one before it", "applied without it")),
  ];
}

/** Files that were edited since they were applied. */
export function fileFindings(
  chain: readonly Revision[],
  state: AppliedState,
  rows: readonly RevisionRow[],
): Finding[] {
  return state.edited.map((id) => {
    const expected = rows.find((row) => row.id === id)?.checksum ?? null;
    const found = chain.find((revision) => revision.id === id)?.checksum ?? null;
    const short = (checksum: string | null) => `sha-256 ${checksum?.slice(0, 8)}…`;
    const detail = `edited since it was applied: expected ${short(expected)}, found ${short(found)}`;
    return { topic: "files", object: `file ${id}.sql`, detail, expected, found };
  });
}

/** What the live schema has in another way than the applied migrations make it. Additional extensions are allowed. */
export function databaseFindings(applied: Catalog, live: Catalog): Finding[] {
  return compareCatalogs(applied, live)
    .filter(({ change, object }) => !(change === "unexpected" && object.startsWith("extension ")))
    .map((difference) => catalogFinding("database", difference));
}

function catalogFinding(topic: Topic, difference: Difference): Finding {
  const { object, expected, found } = difference;
  return { topic, object, detail: differenceText(difference), expected, found };
}
