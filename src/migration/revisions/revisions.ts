import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { fail } from "../../errors.ts";
import { sha256OfText } from "../../system/digest.ts";
import { withFileFailures } from "../../system/file-failures.ts";
import { splitStatements } from "./split-statements.ts";

/** One change of the schema: an SQL file with an upgrade and a downgrade. */
export interface Revision {
  /** The name of the file without its extension: `0001_create_data_platform_tables`. */
  readonly id: string;
  /** The id of the revision before it; undefined for the first. */
  readonly parent: string | undefined;
  /** False if the file says `-- transaction: none`. */
  readonly transactional: boolean;
  readonly up: Section;
  readonly down: Section;
  /** SHA-256 of the file as 64 hexadecimal digits, computed with \n as the line ending. */
  readonly checksum: string;
  readonly path: string;
}

/** The SQL of one direction. */
export interface Section {
  readonly sql: string;
  /** The line of the file on which the SQL starts, counted from 1. */
  readonly line: number;
}

/** The folder with the migrations of this package. */
export const ownMigrations = fileURLToPath(new URL("../../../migrations/", import.meta.url));

/** Whether a folder belongs to an installed package. */
export const isPackaged = (folder: string) => folder.split(sep).includes("node_modules");

/**
 * Reads the revisions in a folder. Other files are ignored.
 *
 * @param folder the folder of the revisions; the migrations of this package by default
 * @returns one element per revision, ordered from the first revision to the head
 * @throws FILE_NOT_FOUND if there is no such folder, FILE_NOT_PERMITTED, REVISION_FILE_INVALID,
 * REVISION_CHAIN_INVALID if a parent is missing or parents form a cycle, REVISION_HEADS if the chain branches
 * @example
 * ```ts
 * import { readRevisions } from "forecastlab/migration";
 *
 * const head = readRevisions().at(-1);
 * console.log(head?.id, head?.up.sql);
 * ```
 */
export function readRevisions(folder: string = ownMigrations): Revision[] {
  return chainOf(readRevisionFiles(folder));
}

/**
 * Reads the revisions in a folder as {@link readRevisions} does, but accepts revisions that branch.
 *
 * @param folder the folder of the revisions; the migrations of this package by default
 * @returns one element per revision, ordered by the names of the files
 * @throws FILE_NOT_FOUND if there is no such folder, FILE_NOT_PERMITTED, REVISION_FILE_INVALID
 * @example
 * ```ts
 * import { headsOf, readRevisionFiles } from "forecastlab/migration";
 *
 * console.log(headsOf(readRevisionFiles("migrations")).map(({ id }) => id));
 * ```
 */
export function readRevisionFiles(folder: string = ownMigrations): Revision[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw fail("FILE_NOT_FOUND", { path: folder });
  const names = withFileFailures(folder, "read", () => readdirSync(folder));
  const paths = names
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .map((name) => join(folder, name));
  return paths.map((path) =>
    parseRevision(
      path,
      withFileFailures(path, "read", () => readFileSync(path, "utf8")),
    ),
  );
}

/**
 * The revisions that are no other's parent. One if they form a chain.
 *
 * @example
 * ```ts
 * import { headsOf, readRevisionFiles } from "forecastlab/migration";
 *
 * const branches = headsOf(readRevisionFiles("migrations"));
 * if (branches.length > 1) console.log(`two heads: ${branches.map(({ id }) => id).join(" and ")}`);
 * ```
 */
export function headsOf(revisions: readonly Revision[]): Revision[] {
  const parents = new Set(revisions.map(({ parent }) => parent));
  return revisions.filter(({ id }) => !parents.has(id));
}

/**
 * The revision in the text of a file.
 *
 * @throws REVISION_FILE_INVALID
 */
export function parseRevision(path: string, content: string): Revision {
  const text = content.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
  const id = basename(path, ".sql");
  const invalid = (problem: string) => fail("REVISION_FILE_INVALID", { file: path, problem });
  if (!/^\w[\w.-]*$/.test(id) || id === "head" || id === "base")
    throw invalid("its name may only contain letters, digits, _, - and ., and may not be head or base");
  const lines = text.split("\n");
  const [up, ...otherUps] = linesEqualTo(lines, "-- up");
  const [down, ...otherDowns] = linesEqualTo(lines, "-- down");
  if (up === undefined || down === undefined)
    throw invalid(`it has no line "-- ${up === undefined ? "up" : "down"}"`);
  if (otherUps.length > 0 || otherDowns.length > 0 || down < up)
    throw invalid(`it must have one line "-- up" and, after it, one line "-- down"`);
  const header = headerOf(lines.slice(0, up));
  const stray = lines.slice(0, up).find((line) => line.trim() !== "" && !line.startsWith("--"));
  if (stray !== undefined) throw invalid(`"${stray.trim()}" is before the line "-- up"`);
  if (header.revision !== id)
    throw invalid(`its header must contain "-- revision: ${id}", the name of the file`);
  if (header.parent === undefined)
    throw invalid(`its header has no line "-- parent: <the revision before it, or none>"`);
  if (header.transaction !== undefined && header.transaction !== "none")
    throw invalid(`"-- transaction:" can only be "none", not "${header.transaction}"`);
  const revision: Revision = {
    id,
    parent: header.parent === "none" ? undefined : header.parent,
    transactional: header.transaction === undefined,
    up: { sql: lines.slice(up + 1, down).join("\n"), line: up + 2 },
    down: { sql: lines.slice(down + 1).join("\n"), line: down + 2 },
    checksum: sha256OfText(text),
    path,
  };
  refuseTransactionControl(revision, invalid);
  return revision;
}

function linesEqualTo(lines: readonly string[], marker: string): number[] {
  return lines.flatMap((line, index) => (line.trimEnd() === marker ? [index] : []));
}

function headerOf(lines: readonly string[]): Partial<Record<"revision" | "parent" | "transaction", string>> {
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, key, value] = /^-- (revision|parent|transaction):\s*(.*?)\s*$/.exec(line) ?? [];
      return key === undefined ? [] : [[key, value]];
    }),
  );
}

/** After a COMMIT in a revision, a failure could no longer roll back the statements before it. */
function refuseTransactionControl(revision: Revision, invalid: (problem: string) => Error): void {
  for (const { sql, line } of [revision.up, revision.down]) {
    const control = splitStatements(sql).find(({ text }) =>
      /^(BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK(?!\s+TO)|ABORT|PREPARE\s+TRANSACTION)\b/i.test(text),
    );
    if (control === undefined) continue;
    const word = control.text.split(/\s/)[0]?.toUpperCase();
    throw invalid(
      `line ${line + control.line - 1} contains ${word}, but a revision may not control its transaction`,
    );
  }
}

/**
 * The revisions in the order of their parents. They must form one chain.
 *
 * @throws REVISION_CHAIN_INVALID, REVISION_HEADS
 */
export function chainOf(revisions: readonly Revision[]): Revision[] {
  const broken = (problem: string) => fail("REVISION_CHAIN_INVALID", { problem });
  const byId = new Map<string, Revision>();
  for (const revision of revisions) {
    const other = byId.get(revision.id);
    if (other) throw broken(`${other.path} and ${revision.path} are both named ${revision.id}`);
    byId.set(revision.id, revision);
  }
  const children = new Map<string | undefined, Revision[]>();
  for (const revision of revisions) {
    const { id, parent } = revision;
    if (parent !== undefined && !byId.has(parent))
      throw broken(`${id} names ${parent} as its parent, and there is no such revision`);
    children.set(parent, [...(children.get(parent) ?? []), revision]);
  }
  const chain: Revision[] = [];
  for (let next = children.get(undefined); next !== undefined; next = children.get(chain.at(-1)?.id)) {
    if (next.length > 1) {
      const heads = next.map((branch) => headOf(branch, children)).sort();
      throw fail("REVISION_HEADS", { heads: heads.join(" and "), parent: chain.at(-1)?.id ?? "none" });
    }
    chain.push(...next);
  }
  const cyclic = revisions.filter((revision) => !chain.includes(revision));
  if (cyclic.length > 0) throw broken(`${cyclic.map(({ id }) => id).join(", ")} form a cycle`);
  return chain;
}

function headOf(branch: Revision, children: ReadonlyMap<string | undefined, Revision[]>): string {
  const next = children.get(branch.id)?.[0];
  return next === undefined ? branch.id : headOf(next, children);
}

/**
 * The revision with an id, or with the only id that starts with the given text: `0002`.
 *
 * @throws REVISION_UNKNOWN, REVISION_AMBIGUOUS
 * @example
 * ```ts
 * import { findRevision, readRevisions } from "forecastlab/migration";
 *
 * console.log(findRevision(readRevisions(), "0001").up.sql);
 * ```
 */
export function findRevision<R extends { readonly id: string }>(chain: readonly R[], wanted: string): R {
  const exact = chain.find(({ id }) => id === wanted);
  const [first, ...others] = exact
    ? [exact]
    : chain.filter(({ id }) => wanted !== "" && id.startsWith(wanted));
  const known = chain.map(({ id }) => id).join(", ") || "none yet";
  if (first === undefined) throw fail("REVISION_UNKNOWN", { revision: wanted, known });
  if (others.length > 0)
    throw fail("REVISION_AMBIGUOUS", {
      revision: wanted,
      candidates: [first, ...others].map(({ id }) => id).join(", "),
    });
  return first;
}

/** Whether a section contains statements and not only comments. */
export function hasStatements(section: Section): boolean {
  return splitStatements(section.sql).length > 0;
}
