import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fail } from "../../errors.ts";
import { replaceFile } from "../../system/atomic-write.ts";
import { asFileFailure, withFileFailures } from "../../system/file-failures.ts";
import { isPackaged, ownMigrations, type Revision, readRevisions } from "../revisions/revisions.ts";
import { type DiffEngine, loadDiffEngine, modelIsStale, ownModel } from "./drizzle-kit.ts";
import { type Model, readSnapshot, type Snapshot, snapshotPath, snapshotText } from "./snapshot.ts";
import { sectionBetween } from "./statements-between.ts";

/** Options of {@link writeRevision}. */
export interface RevisionOptions {
  /** What the revision does, in words; they become part of the file's name. Must contain a letter or digit. */
  readonly message: string;
  /** Leaves both directions empty, to be written by hand. Default: false. */
  readonly empty?: boolean | undefined;
  /** The folder of the revisions; created if it does not exist. Default: the migrations of this package. */
  readonly folder?: string | undefined;
  /** The drizzle schema to compare. Default: the schema of the warehouse. */
  readonly model?: Model | undefined;
}

/** What {@link writeRevision} wrote. */
export interface RevisionResult {
  /** The id of the new revision; null if the model did not change and nothing was written. */
  readonly revision: string | null;
  /** The path of the new file; null if nothing was written. */
  readonly path: string | null;
  /** The revision before it; null if there is none. */
  readonly parent: string | null;
}

/**
 * Writes the revision that changes the committed snapshot into the model, in both directions, and replaces the snapshot. It
 * needs the package drizzle-kit, unless the revision is empty. The statements must be read before they are applied: a diff
 * cannot know renames and what the model does not contain.
 *
 * @returns the id and path of the new revision, and its parent
 * @throws DIFF_ENGINE_MISSING without drizzle-kit, MODEL_STALE if the model was edited after the build, MIGRATIONS_PACKAGED if
 * the folder belongs to an installed package, USAGE for a message without a letter or digit, REVISION_FILE_INVALID,
 * REVISION_CHAIN_INVALID, REVISION_HEADS, FILE_NOT_PERMITTED, FILE_UNWRITABLE
 * @example
 * ```ts
 * import { writeRevision } from "forecastlab/migration";
 *
 * const { path } = await writeRevision({ message: "backfill regions", empty: true, folder: "migrations" });
 * console.log(path); // migrations/0001_backfill_regions.sql
 * ```
 */
export async function writeRevision(options: RevisionOptions): Promise<RevisionResult> {
  const folder = options.folder ?? ownMigrations;
  if (isPackaged(folder)) throw fail("MIGRATIONS_PACKAGED", { folder });
  withFileFailures(folder, "written", () => mkdirSync(folder, { recursive: true }));
  const chain = readRevisions(folder);
  const parent = chain.at(-1)?.id ?? null;
  const id = nextId(chain, options.message);
  const path = join(folder, `${id}.sql`);
  if (options.empty) {
    create(path, fileText({ id, parent, comment: byHandComment, up: "", down: "" }));
    return { revision: id, path, parent };
  }
  if (options.model === undefined && modelIsStale()) throw fail("MODEL_STALE", {});
  const engine = await loadDiffEngine();
  const [before, after] = [readSnapshot(folder), engine.snapshotOf(options.model ?? (await ownModel()))];
  const sections = await bothSections(engine, before, after);
  if (sections.up === "" && sections.down === "") return { revision: null, path: null, parent };
  create(path, fileText({ id, parent, comment: generatedComment, ...sections }));
  try {
    await replaceFile(snapshotPath(folder), snapshotText(after));
  } catch (error) {
    rmSync(path);
    throw asFileFailure(error, snapshotPath(folder), "written");
  }
  return { revision: id, path, parent };
}

function create(path: string, text: string): void {
  withFileFailures(path, "written", () => writeFileSync(path, text, { flag: "wx" }));
}

async function bothSections(engine: DiffEngine, before: Snapshot, after: Snapshot) {
  return {
    up: await sectionBetween(engine, before, after),
    down: await sectionBetween(engine, after, before),
  };
}

/** `0003_add_region`: the next number, and the words of the message. */
function nextId(chain: readonly Revision[], message: string): string {
  const words = message.toLowerCase().match(/[a-z0-9]+/g);
  if (words === null) throw fail("USAGE", { problem: "The message must contain a letter or digit." });
  const last = Math.max(0, ...chain.map(({ id }) => Number.parseInt(id, 10) || 0));
  const slug = words.join("_").slice(0, 60).replace(/_$/, "");
  return `${String(last + 1).padStart(4, "0")}_${slug}`;
}

const generatedComment = `Generated from the model. Read it before you apply it, and edit by hand what a diff cannot know: renames,
-- USING for changes of type, and what the model cannot express (partitions, triggers, exclusion constraints).`;

const byHandComment = "Written by hand.";

function fileText(revision: {
  id: string;
  parent: string | null;
  comment: string;
  up: string;
  down: string;
}) {
  const { id, parent, comment, up, down } = revision;
  const outside = [up, down].some((sql) => /\bCONCURRENTLY\b/.test(sql));
  return `-- revision: ${id}
-- parent: ${parent ?? "none"}
${outside ? "-- transaction: none\n" : ""}-- ${comment}

-- up

${up === "" ? "" : `${up}\n\n`}-- down
${down === "" ? "" : `\n${down}\n`}`;
}
