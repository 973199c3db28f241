import { currentSchema } from "../../database/current-schema.ts";
import { asDatabaseFailure } from "../../database/failures.ts";
import { ForecastLabError } from "../../errors.ts";
import {
  type MigrationOptions,
  type Place,
  requireMigrationArguments,
  withConnection,
} from "../apply/session.ts";
import { loadDiffEngine, modelIsStale, ownModel } from "../generate/drizzle-kit.ts";
import { emptySnapshot, type Model, readSnapshot } from "../generate/snapshot.ts";
import { statementsBetween } from "../generate/statements-between.ts";
import { appliedState, readRevisionTable } from "../revisions/revision-table.ts";
import { isPackaged, ownMigrations, readRevisions } from "../revisions/revisions.ts";
import { readCatalog } from "./catalog.ts";
import {
  databaseFindings,
  type Finding,
  fileFindings,
  migrationFindings,
  modelFindings,
  revisionFindings,
} from "./findings.ts";
import { type Replay, replay } from "./replay.ts";

/** Options of {@link check}. */
export interface CheckOptions extends MigrationOptions {
  /** The drizzle schema to compare; false compares none. Default: the schema of the warehouse. */
  readonly model?: Model | false | undefined;
  /** The result of an earlier {@link replay}, to compare several databases with it. Default: the migrations are replayed. */
  readonly replayed?: Replay | undefined;
}

/** The result of a check. */
export interface CheckReport {
  readonly schema: string;
  /** The last applied revision; null if there is none (base). */
  readonly revision: string | null;
  /** The last revision on disk; null if there is none. */
  readonly head: string | null;
  /** One element per difference. */
  readonly findings: readonly Finding[];
  /** Where the migrations were replayed; null if that was not possible. */
  readonly replayed_in: Replay["scratch"] | null;
  /** One sentence per comparison that was not possible, with the reason: there the schema may differ. */
  readonly not_examined: readonly string[];
}

/**
 * Compares the model, its snapshot, the migrations, the revision table and the live schema with each other. To see what the
 * migrations produce it replays them in a scratch database, or, if the role may not create one, in a scratch schema inside a
 * transaction that is rolled back. Nothing else is changed.
 *
 * @param place the database, or an open connection, for which only a scratch schema is possible
 * @returns the differences, and what could not be examined: a missing right or a missing drizzle-kit is no error. The schema
 * is as it should be only if both lists are empty
 * @throws REVISION_FILE_INVALID, REVISION_CHAIN_INVALID, REVISION_HEADS, REVISION_FAILED if a revision does not run in an empty
 * schema, SCHEMA_NOT_CHOSEN, DATABASE_*
 * @example
 * ```ts
 * import { databaseOf } from "forecastlab";
 * import { check } from "forecastlab/migration";
 *
 * const { findings, not_examined } = await check(databaseOf("postgresql://localhost/warehouse"));
 * for (const { topic, object, detail } of findings) console.log(topic, object, detail);
 * for (const reason of not_examined) console.warn("not examined:", reason);
 * ```
 */
export async function check(place: Place, options: CheckOptions = {}): Promise<CheckReport> {
  requireMigrationArguments("check", { place, options });
  const { folder, signal } = options;
  const chain = readRevisions(folder);
  const model = await examineModel(folder ?? ownMigrations, options.model);
  return withConnection(place, signal, async (client) => {
    const notExamined = [...model.notExamined];
    const schema = await currentSchema(client);
    const rows = await ifPermitted(notExamined, "which revisions are applied", () =>
      readRevisionTable(client, schema),
    );
    const state = appliedState(chain, rows === notPermitted ? chain : rows);
    const { appliedCount } = state;
    const database = "query" in place ? undefined : place;
    const replayed =
      options.replayed ??
      (await ifPermitted(notExamined, "the live schema and the migrations", async () =>
        replay(client, { chain, appliedCount, modelSql: await model.sql(), database, signal }),
      ));
    const filesKnown = state.unknown.length === 0 && state.outOfOrder.length === 0;
    if (replayed !== notPermitted && replayed.modelProblem !== undefined)
      notExamined.push(`the model against the migrations: ${replayed.modelProblem}`);
    if (replayed !== notPermitted && !filesKnown)
      notExamined.push("the live schema: which files it was built from is not known");
    return {
      schema,
      revision: chain[appliedCount - 1]?.id ?? null,
      head: chain.at(-1)?.id ?? null,
      findings: [
        ...model.findings,
        ...(replayed === notPermitted ? [] : migrationFindings(replayed.model, replayed.head)),
        ...revisionFindings(chain, state),
        ...fileFindings(chain, state, rows === notPermitted ? [] : rows),
        ...(replayed === notPermitted || !filesKnown
          ? []
          : databaseFindings(replayed.applied, await readCatalog(client))),
      ],
      replayed_in: replayed === notPermitted ? null : replayed.scratch,
      not_examined: notExamined,
    };
  });
}

/** What is known about the model without a database. */
interface ModelExamination {
  readonly findings: readonly Finding[];
  readonly notExamined: readonly string[];
  /** The statements that create the tables of the snapshot; undefined if the model could not be examined. */
  sql(): Promise<string[] | undefined>;
}

/** Compares the model with its snapshot. */
async function examineModel(folder: string, model: Model | false | undefined): Promise<ModelExamination> {
  const left = (...notExamined: string[]) => ({ findings: [], notExamined, sql: async () => undefined });
  const unexamined = (reason: string) => left(`the model: ${reason}`);
  if (model === false) return left();
  if (model === undefined && modelIsStale()) {
    return unexamined("src/schema was edited after the build; run npm run build");
  }
  const engine = await loadDiffEngine().catch((error: unknown) => {
    if (error instanceof ForecastLabError && error.code === "DIFF_ENGINE_MISSING") return undefined;
    throw error;
  });
  // The model of an installed package was released with its migrations and cannot change.
  if (engine === undefined && model === undefined && isPackaged(folder)) return left();
  if (engine === undefined) return unexamined("drizzle-kit is not installed");
  const snapshot = readSnapshot(folder);
  const current = engine.snapshotOf(model ?? (await ownModel()));
  return {
    findings: modelFindings(await statementsBetween(engine, snapshot, current)),
    notExamined: [],
    sql: () => statementsBetween(engine, emptySnapshot, snapshot),
  };
}

const notPermitted = Symbol("not permitted");

/** Runs the work; if the role lacks the right, adds the reason to `notExamined` and returns `notPermitted`. */
async function ifPermitted<T>(
  notExamined: string[],
  what: string,
  work: () => Promise<T>,
): Promise<T | typeof notPermitted> {
  try {
    return await work();
  } catch (error) {
    const failure = asDatabaseFailure(error, "the server");
    const refused = ["DATABASE_PERMISSION_DENIED", "DATABASE_READ_ONLY"];
    if (!(failure instanceof ForecastLabError) || !refused.includes(failure.code)) throw error;
    notExamined.push(`${what}: ${failure.received.reason}`);
    return notPermitted;
  }
}
