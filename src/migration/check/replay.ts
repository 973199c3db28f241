import type { Client } from "../../database/connection.ts";
import { revisionFailure } from "../apply/apply-steps.ts";
import type { Target } from "../apply/session.ts";
import type { Revision } from "../revisions/revisions.ts";
import { splitStatements, tokensOf } from "../revisions/split-statements.ts";
import { type Catalog, readCatalog } from "./catalog.ts";
import { type Scratch, withScratch } from "./scratch.ts";

/** What a schema ought to look like, made by running the migrations in an empty one. */
export interface Reference {
  /** Where they were run. */
  readonly place: "database" | "schema";
  /** After the revisions that the live schema has. */
  readonly applied: Catalog;
  /** After all of them. */
  readonly head: Catalog;
  /** The model's own tables, without any migration; undefined where it could not be made. */
  readonly model: Catalog | undefined;
  /** Why the model's own tables could not be made. */
  readonly modelProblem?: string;
}

/**
 * Replays the migrations in a scratch database or schema, and reads the catalogs.
 *
 * @param modelSql the statements that make the model's own tables
 * @throws REVISION_FAILED when a revision does not run on an empty schema, and as {@link withScratch}
 */
export async function replay(
  client: Client,
  target: Target,
  chain: readonly Revision[],
  appliedCount: number,
  modelSql?: readonly string[],
): Promise<Reference> {
  return withScratch(client, target, async (scratch) => {
    await run(scratch, chain.slice(0, appliedCount), target.signal);
    const applied = await readCatalog(scratch.client);
    await run(scratch, chain.slice(appliedCount), target.signal);
    const head = appliedCount === chain.length ? applied : await readCatalog(scratch.client);
    const model = modelSql === undefined ? { model: undefined } : await modelCatalog(scratch, modelSql);
    return { place: scratch.place, applied, head, ...model };
  });
}

async function run({ client, place }: Scratch, revisions: readonly Revision[], signal?: AbortSignal) {
  const { rows } = await client.query<{ path: string }>("SELECT current_setting('search_path') AS path");
  for (const revision of revisions) {
    signal?.throwIfAborted();
    const { transactional, up } = revision;
    const scripts =
      transactional || place === "schema"
        ? [transactional ? up.sql : withoutConcurrently(up.sql)]
        : splitStatements(up.sql).map(({ text }) => text);
    for (const script of scripts) {
      await client.query(script).catch((error: unknown) => {
        throw revisionFailure(error, revision, transactional ? up : undefined);
      });
    }
    await client.query("SELECT set_config('search_path', $1, false)", [rows[0]?.path]);
  }
}

/** For what runs in one transaction: what is built is the same. */
function withoutConcurrently(sql: string): string {
  return tokensOf(sql)
    .filter(({ kind, text }) => !(kind === "word" && text.toUpperCase() === "CONCURRENTLY"))
    .map(({ text }) => text)
    .join("");
}

async function modelCatalog({ client, nextSchema }: Scratch, modelSql: readonly string[]) {
  await nextSchema();
  try {
    await client.query(withoutConcurrently(modelSql.join("\n")));
    return { model: await readCatalog(client) };
  } catch (error) {
    return { model: undefined, modelProblem: (error as Error).message };
  }
}
