import type { Client } from "../../database/connection.ts";
import { currentSchema } from "../../database/current-schema.ts";
import { asDatabaseFailure } from "../../database/failures.ts";
import { ForecastLabError } from "../../errors.ts";
import { type Target, withTarget } from "../apply/session.ts";
import { loadDiffEngine, modelIsStale, ownModel } from "../generate/drizzle-kit.ts";
import { emptySnapshot, type Model, readSnapshot } from "../generate/snapshot.ts";
import { statementsBetween } from "../generate/statements-between.ts";
import { type LedgerRow, type LedgerState, ledgerState, readLedger } from "../revisions/revision-table.ts";
import { ownMigrations, type Revision, readRevisions } from "../revisions/revisions.ts";
import { readCatalog } from "./catalog.ts";
import { compareCatalogs, type Difference, describe } from "./compare-catalogs.ts";
import { type Reference, replay } from "./replay.ts";

/** What was compared with what. */
export type Topic =
  /** The model with its committed snapshot: a revision is to be written. */
  | "model"
  /** The snapshot with the migrations: something of the model is in no revision. */
  | "migrations"
  /** The revisions on disk with those applied. */
  | "revisions"
  /** The files of applied revisions with what was applied. */
  | "files"
  /** The live schema with the migrations. */
  | "database";

/** One difference, in words and for machines. */
export interface Finding {
  readonly topic: Topic;
  /** What and where: `column sales_daily.quantity`. */
  readonly object: string;
  /** `type: expected integer, found bigint`. */
  readonly detail: string;
  readonly expected: string | null;
  readonly found: string | null;
}

export interface CheckReport {
  readonly schema: string;
  /** The last applied revision; null: base. */
  readonly revision: string | null;
  readonly head: string | null;
  readonly findings: readonly Finding[];
  /** Where the migrations were run to compare with; null where they could not be. */
  readonly replayedIn: Reference["place"] | null;
  /** What could not be compared, and why. */
  readonly notExamined: readonly string[];
}

/**
 * Compares model, snapshot, migrations, ledger and live schema with each other, and changes none of them.
 *
 * @param options.model the drizzle schema; the warehouse's own by default
 * @param options.reference catalogs of an earlier {@link replay}, to compare many databases with one
 * @throws REVISION_FILE_INVALID, REVISION_CHAIN_INVALID, REVISION_HEADS, REVISION_FAILED when a revision does not run
 * on an empty schema, SCHEMA_NOT_CHOSEN, DATABASE_*
 */
export async function check(
  options: Target & { readonly model?: Model | undefined; readonly reference?: Reference | undefined },
): Promise<CheckReport> {
  const chain = readRevisions(options.folder);
  const model = await examineModel(options.folder ?? ownMigrations, options.model);
  return withTarget(options, async (client) => {
    const notExamined = [...model.notExamined];
    const schema = await currentSchema(client);
    const ledger = await readable(notExamined, "which revisions are applied", () =>
      readLedger(client, schema),
    );
    const state = ledgerState(chain, ledger === unreadable ? chain : (ledger ?? []));
    const reference =
      options.reference ??
      (await readable<Reference>(notExamined, "the live schema and the migrations", () =>
        model.sql().then((sql) => replay(client, options, chain, state.appliedCount, sql)),
      ));
    return {
      schema,
      revision: chain[state.appliedCount - 1]?.id ?? null,
      head: chain.at(-1)?.id ?? null,
      findings: [
        ...model.findings,
        ...(reference === unreadable ? [] : unmigrated(reference, notExamined)),
        ...outOfStep(chain, state),
        ...edited(chain, state, ledger === unreadable ? [] : (ledger ?? [])),
        ...(reference === unreadable ? [] : await drift(client, state, reference, notExamined)),
      ],
      replayedIn: reference === unreadable ? null : reference.place,
      notExamined,
    };
  });
}

/** What is known of the model without a database. */
interface ModelExamined {
  readonly findings: readonly Finding[];
  readonly notExamined: readonly string[];
  /** The statements that make the snapshot's tables, for (d). */
  sql(): Promise<string[] | undefined>;
}

/** (a) the model against its snapshot. */
async function examineModel(folder: string, model: Model | undefined): Promise<ModelExamined> {
  const unexamined = (reason: string) => ({
    findings: [],
    notExamined: [`the model: ${reason}`],
    sql: async () => undefined,
  });
  if (model === undefined && modelIsStale()) {
    return unexamined("src/schema was edited after the build; run npm run build");
  }
  const engine = await loadDiffEngine().catch((error: unknown) => {
    if (error instanceof ForecastLabError && error.code === "DIFF_ENGINE_MISSING") return undefined;
    throw error;
  });
  if (engine === undefined) return unexamined("drizzle-kit is not installed");
  const snapshot = readSnapshot(folder);
  const ahead = await statementsBetween(engine, snapshot, engine.snapshotOf(model ?? (await ownModel())));
  const findings = ahead.map((statement): Finding => {
    const object = statement.replaceAll(/\s+/g, " ");
    return { topic: "model", object, detail: "in no revision", expected: object, found: null };
  });
  return { findings, notExamined: [], sql: () => statementsBetween(engine, emptySnapshot, snapshot) };
}

const unreadable = Symbol("not permitted");

/** Does what the role may do; what it may not is told. */
async function readable<T>(
  notExamined: string[],
  what: string,
  work: () => Promise<T>,
): Promise<T | typeof unreadable> {
  try {
    return await work();
  } catch (error) {
    const failure = asDatabaseFailure(error, "the server");
    const refused = ["DATABASE_PERMISSION_DENIED", "DATABASE_READ_ONLY"];
    if (!(failure instanceof ForecastLabError) || !refused.includes(failure.code)) throw error;
    notExamined.push(`${what}: ${failure.received.reason}`);
    return unreadable;
  }
}

/** (b) revisions that are not applied, or applied but not there. */
function outOfStep(chain: readonly Revision[], state: LedgerState): Finding[] {
  const finding = (id: string, expected: string, found: string): Finding => {
    const detail = `expected ${expected}, found ${found}`;
    return { topic: "revisions", object: `revision ${id}`, detail, expected, found };
  };
  return [
    ...state.unknown.map((id) => finding(id, "a file of this name", "none, though it is applied")),
    ...chain
      .slice(state.appliedCount)
      .filter(({ id }) => !state.detached.includes(id))
      .map(({ id }) => finding(id, "applied", "not applied")),
    ...state.detached.map((id) => finding(id, "applied after the one before it", "applied without it")),
  ];
}

/** (e) files that are not what was applied. */
function edited(chain: readonly Revision[], state: LedgerState, ledger: readonly LedgerRow[]): Finding[] {
  return state.edited.map((id) => {
    const expected = ledger.find((row) => row.id === id)?.checksum ?? null;
    const found = chain.find((revision) => revision.id === id)?.checksum ?? null;
    const short = (checksum: string | null) => `sha-256 ${checksum?.slice(0, 8)}…`;
    const detail = `edited since it was applied: expected ${short(expected)}, found ${short(found)}`;
    return { topic: "files", object: `file ${id}.sql`, detail, expected, found };
  });
}

/** (c) the live schema against the migrations that are applied to it. */
async function drift(
  client: Client,
  { unknown, detached }: LedgerState,
  reference: Reference,
  notExamined: string[],
): Promise<Finding[]> {
  if (unknown.length > 0 || detached.length > 0) {
    notExamined.push("the live schema: which files it was built from is not known");
    return [];
  }
  return compareCatalogs(reference.applied, await readCatalog(client))
    .filter(({ change, object }) => !(change === "unexpected" && object.startsWith("extension ")))
    .map((difference) => asFinding("database", difference));
}

/** (d) what the model has and the migrations have not; what they have besides is written by hand. */
function unmigrated({ head, model, modelProblem }: Reference, notExamined: string[]): Finding[] {
  if (modelProblem !== undefined) notExamined.push(`the model against the migrations: ${modelProblem}`);
  if (model === undefined) return [];
  return compareCatalogs(model, head, { onlyExpected: true })
    .filter(({ object }) => !object.startsWith("extension "))
    .map((difference) => asFinding("migrations", difference));
}

function asFinding(topic: Topic, difference: Difference): Finding {
  const { object, expected, found } = difference;
  return { topic, object, detail: describe(difference), expected, found };
}
