import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fail } from "../../errors.ts";
import { withFile } from "./files.ts";
import { splitStatements } from "./split-statements.ts";

/** One step of the schema's history: a file of SQL with both directions. */
export interface Revision {
  /** The file's stem: `0001_create_data_platform_tables`. */
  readonly id: string;
  /** The predecessor; undefined for the first. */
  readonly parent: string | undefined;
  /** False where the file says `-- transaction: none`. */
  readonly transactional: boolean;
  readonly up: Section;
  readonly down: Section;
  /** SHA-256 of the file, its line ends taken as \n. */
  readonly checksum: string;
  readonly path: string;
}

/** The SQL of one direction, and the line of the file it starts on. */
export interface Section {
  readonly sql: string;
  readonly line: number;
}

/** The migrations this package brings. */
export const ownMigrations = fileURLToPath(new URL("../../../migrations/", import.meta.url));

/**
 * Reads the revisions of a folder as a chain, the first one first.
 *
 * @throws FILE_NOT_FOUND, FILE_NOT_PERMITTED, REVISION_FILE_INVALID, REVISION_CHAIN_INVALID, REVISION_HEADS
 */
export function readRevisions(folder: string = ownMigrations): Revision[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw fail("FILE_NOT_FOUND", { path: folder });
  const files = withFile(folder, "read", () => readdirSync(folder).filter((file) => file.endsWith(".sql")));
  const read = (path: string) =>
    parseRevision(
      path,
      withFile(path, "read", () => readFileSync(path, "utf8")),
    );
  return chainOf(files.sort().map((file) => read(join(folder, file))));
}

/**
 * Reads one revision file.
 *
 * @throws REVISION_FILE_INVALID
 */
export function parseRevision(path: string, content: string): Revision {
  const text = content.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
  const id = basename(path, ".sql");
  const invalid = (problem: string) => fail("REVISION_FILE_INVALID", { file: path, problem });
  if (!/^\w[\w.-]*$/.test(id) || id === "head" || id === "base")
    throw invalid("its name may only hold letters, digits, _, - and ., and is not head or base");
  const lines = text.split("\n");
  const [up, ...otherUps] = linesReading(lines, "-- up");
  const [down, ...otherDowns] = linesReading(lines, "-- down");
  if (up === undefined || down === undefined)
    throw invalid(`it has no line "-- ${up === undefined ? "up" : "down"}"`);
  if (otherUps.length > 0 || otherDowns.length > 0 || down < up)
    throw invalid(`it must have one line "-- up" and, after it, one line "-- down"`);
  const header = headerOf(lines.slice(0, up));
  const stray = lines.slice(0, up).find((line) => line.trim() !== "" && !line.startsWith("--"));
  if (stray !== undefined) throw invalid(`"${stray.trim()}" stands before the line "-- up"`);
  if (header.revision !== id)
    throw invalid(`its first lines must hold "-- revision: ${id}", as the file is called`);
  if (header.parent === undefined)
    throw invalid(`it has no line "-- parent: <the revision before it, or none>"`);
  if (header.transaction !== undefined && header.transaction !== "none")
    throw invalid(`"-- transaction:" can only be "none", not "${header.transaction}"`);
  const revision: Revision = {
    id,
    parent: header.parent === "none" ? undefined : header.parent,
    transactional: header.transaction === undefined,
    up: { sql: lines.slice(up + 1, down).join("\n"), line: up + 2 },
    down: { sql: lines.slice(down + 1).join("\n"), line: down + 2 },
    checksum: createHash("sha256").update(text).digest("hex"),
    path,
  };
  refuseTransactionControl(revision, invalid);
  return revision;
}

function linesReading(lines: readonly string[], marker: string): number[] {
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

/** A COMMIT in a revision would keep half of it when the rest fails. */
function refuseTransactionControl(revision: Revision, invalid: (problem: string) => Error): void {
  for (const { sql, line } of [revision.up, revision.down]) {
    const control = splitStatements(sql).find(({ text }) =>
      /^(BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK(?!\s+TO)|ABORT|PREPARE\s+TRANSACTION)\b/i.test(text),
    );
    if (control === undefined) continue;
    const word = control.text.split(/\s/)[0]?.toUpperCase();
    throw invalid(
      `line ${line + control.line - 1} holds ${word}, but a revision's transaction is not its own`,
    );
  }
}

/**
 * Orders revisions into the one chain they must form.
 *
 * @throws REVISION_CHAIN_INVALID, REVISION_HEADS
 */
export function chainOf(revisions: readonly Revision[]): Revision[] {
  const broken = (problem: string) => fail("REVISION_CHAIN_INVALID", { problem });
  const byId = new Map<string, Revision>();
  for (const revision of revisions) {
    const other = byId.get(revision.id);
    if (other) throw broken(`${other.path} and ${revision.path} are both called ${revision.id}`);
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
  const left = revisions.filter((revision) => !chain.includes(revision));
  if (left.length > 0) throw broken(`${left.map(({ id }) => id).join(", ")} follow each other in a circle`);
  return chain;
}

function headOf(branch: Revision, children: ReadonlyMap<string | undefined, Revision[]>): string {
  const next = children.get(branch.id)?.[0];
  return next === undefined ? branch.id : headOf(next, children);
}

/**
 * Finds a revision by its id or an unambiguous beginning of it: `0002`.
 *
 * @throws REVISION_UNKNOWN, REVISION_AMBIGUOUS
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

/** Whether a section holds statements, not only comments. */
export function hasStatements(section: Section): boolean {
  return splitStatements(section.sql).length > 0;
}
