import type { Client, Database } from "../../database/connection.ts";
import { revisionFailure } from "../apply/revision-failures.ts";
import { withPinnedSettings } from "../revisions/pinned-settings.ts";
import type { Revision } from "../revisions/revisions.ts";
import { splitStatements, tokensOf } from "../revisions/split-statements.ts";
import { type Catalog, readCatalog } from "./catalog.ts";
import { type Scratch, withScratch } from "./scratch.ts";

/** Options of {@link replay}. */
export interface ReplayOptions {
  /** The revisions to run, the first one first. */
  readonly chain: readonly Revision[];
  /** How many of them the live schema has, counted from the start of the chain. Default: all. */
  readonly appliedCount?: number | undefined;
  /** The statements that create the tables of the model. Default: the model is not created. */
  readonly modelSql?: readonly string[] | undefined;
  /**
   * The database of the connection. If it is given, a scratch database on the same server is tried first. Default: a scratch
   * schema is used.
   */
  readonly database?: Database | undefined;
  /** Interrupts the work between two revisions. Default: none. */
  readonly signal?: AbortSignal | undefined;
}

/** The catalogs that the migrations produce in an empty schema. */
export interface Replay {
  /** Where the migrations were run. */
  readonly scratch: "database" | "schema";
  /** The catalog after the revisions that the live schema has. */
  readonly applied: Catalog;
  /** The catalog after all revisions. */
  readonly head: Catalog;
  /** The catalog of the model's tables without any migration; undefined if they were not created. */
  readonly model: Catalog | undefined;
  /** Why the model's tables could not be created. */
  readonly modelProblem?: string;
}

/**
 * Runs the migrations in a scratch database or schema and reads the catalogs they produce. The scratch database or schema is
 * removed afterwards, and nothing else is changed.
 *
 * @param client a connection to the live database; its search path gives the name of the schema
 * @returns the catalogs after the applied revisions and after all of them, and the catalog of the model
 * @throws REVISION_FAILED if a revision does not run in an empty schema, DATABASE_PERMISSION_DENIED or DATABASE_READ_ONLY if
 * the role may create neither a database nor a schema, and other DATABASE_* errors
 * @example
 * ```ts
 * import { databaseOf, withClient } from "forecastlab";
 * import { readRevisions, replay } from "forecastlab/migration";
 *
 * const database = databaseOf("postgresql://localhost/warehouse");
 * const { scratch, head } = await withClient(database, (client) =>
 *   replay(client, { chain: readRevisions(), database }),
 * );
 * console.log(`${head.length} objects, made in a scratch ${scratch}`);
 * ```
 */
export async function replay(client: Client, options: ReplayOptions): Promise<Replay> {
  const { chain, appliedCount = chain.length, modelSql, database, signal } = options;
  return withScratch(client, database, signal, async (scratch) => {
    await run(scratch, chain.slice(0, appliedCount), signal);
    const applied = await readCatalog(scratch.client);
    await run(scratch, chain.slice(appliedCount), signal);
    const head = appliedCount === chain.length ? applied : await readCatalog(scratch.client);
    const model = modelSql === undefined ? { model: undefined } : await modelCatalog(scratch, modelSql);
    return { scratch: scratch.kind, applied, head, ...model };
  });
}

async function run({ client, kind }: Scratch, revisions: readonly Revision[], signal?: AbortSignal) {
  await withPinnedSettings(client, async (pin) => {
    for (const revision of revisions) {
      signal?.throwIfAborted();
      await pin();
      const { transactional, up } = revision;
      const scripts =
        transactional || kind === "schema"
          ? [transactional ? up.sql : withoutConcurrently(up.sql)]
          : splitStatements(up.sql).map(({ text }) => text);
      for (const script of scripts) {
        await client.query(script).catch((error: unknown) => {
          throw revisionFailure(error, revision, transactional ? up : undefined);
        });
      }
    }
  });
}

/** CONCURRENTLY is not allowed in a transaction. Without it the resulting objects are the same. */
function withoutConcurrently(sql: string): string {
  return tokensOf(sql)
    .filter(({ kind, text }) => !(kind === "word" && text.toUpperCase() === "CONCURRENTLY"))
    .map(({ text }) => text)
    .join("");
}

async function modelCatalog({ client, nextSchema }: Scratch, modelSql: readonly string[]) {
  await nextSchema();
  try {
    await withPinnedSettings(client, () => client.query(withoutConcurrently(modelSql.join("\n"))));
    return { model: await readCatalog(client) };
  } catch (error) {
    return { model: undefined, modelProblem: (error as Error).message };
  }
}
