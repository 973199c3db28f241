import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import { fail } from "../../errors.ts";
import { withFile } from "../revisions/files.ts";
import { ownMigrations, type Revision, readRevisions } from "../revisions/revisions.ts";
import { type DiffEngine, loadDiffEngine, modelIsStale, ownModel } from "./drizzle-kit.ts";
import { type Model, readSnapshot, type Snapshot, snapshotPath, snapshotText } from "./snapshot.ts";
import { sectionBetween } from "./statements-between.ts";

export interface Written {
  /** The new revision's id; null: the model holds nothing new, and nothing was written. */
  readonly revision: string | null;
  readonly path: string | null;
  readonly parent: string | null;
}

/**
 * Writes the revision that leads from the committed snapshot to the model, with its way back, and the new snapshot
 * beside it. With `empty`, a revision to be written by hand.
 *
 * @param options.folder the migrations' folder; the package's own by default
 * @param options.model the drizzle schema; the warehouse's own by default
 * @throws DIFF_ENGINE_MISSING, MODEL_STALE, MIGRATIONS_PACKAGED, REVISION_FILE_INVALID, REVISION_CHAIN_INVALID,
 * REVISION_HEADS, FILE_NOT_PERMITTED, FILE_UNWRITABLE, USAGE for a message without a letter or digit
 */
export async function revision(options: {
  readonly message: string;
  readonly empty?: boolean | undefined;
  readonly folder?: string | undefined;
  readonly model?: Model | undefined;
}): Promise<Written> {
  const folder = options.folder ?? ownMigrations;
  if (folder.split(sep).includes("node_modules")) throw fail("MIGRATIONS_PACKAGED", { folder });
  withFile(folder, "written", () => mkdirSync(folder, { recursive: true }));
  const chain = readRevisions(folder);
  const parent = chain.at(-1)?.id ?? null;
  const id = nextId(chain, options.message);
  const path = join(folder, `${id}.sql`);
  if (options.empty) {
    write(path, fileText({ id, parent, comment: handwritten, up: "", down: "" }));
    return { revision: id, path, parent };
  }
  if (options.model === undefined && modelIsStale()) throw fail("MODEL_STALE", {});
  const engine = await loadDiffEngine();
  const [before, after] = [readSnapshot(folder), engine.snapshotOf(options.model ?? (await ownModel()))];
  const sections = await bothSections(engine, before, after);
  if (sections.up === "" && sections.down === "") return { revision: null, path: null, parent };
  write(path, fileText({ id, parent, comment: generated, ...sections }));
  try {
    replace(snapshotPath(folder), snapshotText(after));
  } catch (error) {
    rmSync(path);
    throw error;
  }
  return { revision: id, path, parent };
}

function write(path: string, text: string): void {
  withFile(path, "written", () => writeFileSync(path, text, { flag: "wx" }));
}

/** In one step: whoever reads meanwhile sees the old file or the new one. */
function replace(path: string, text: string): void {
  const draft = `${path}.new`;
  withFile(path, "written", () => {
    writeFileSync(draft, text);
    renameSync(draft, path);
  });
}

async function bothSections(engine: DiffEngine, before: Snapshot, after: Snapshot) {
  return {
    up: await sectionBetween(engine, before, after),
    down: await sectionBetween(engine, after, before),
  };
}

/** `0003_add_region`: the number after the last, and the message's words. */
function nextId(chain: readonly Revision[], message: string): string {
  const words = message.toLowerCase().match(/[a-z0-9]+/g);
  if (words === null) throw fail("USAGE", { problem: "The message must hold a letter or digit." });
  const last = Math.max(0, ...chain.map(({ id }) => Number.parseInt(id, 10) || 0));
  const slug = words.join("_").slice(0, 60).replace(/_$/, "");
  return `${String(last + 1).padStart(4, "0")}_${slug}`;
}

const generated = `Generated from the model. Read it before you apply it, and edit by hand what a diff cannot know: a rename,
-- the USING of a type change, and what the model cannot say (partitions, triggers, exclusion constraints).`;

const handwritten = "Written by hand.";

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
