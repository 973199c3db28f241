import type { Client } from "../../database/connection.ts";
import type { LedgerFile } from "../../schema/ledger.ts";
import type { TableName } from "../../schema/tables.ts";
import { sha256OfFile, sha256OfText } from "../../system/digest.ts";
import type { DuplicatePolicy } from "../duplicate-policy.ts";
import type { Mapping } from "../mapping.ts";
import type { Format } from "../source/layout.ts";
import type { SourceFile } from "../source/source-file.ts";

/** A file whose bytes were loaded before, in the same way and without a reject. */
export interface LoadedBefore {
  /** As the user named it now. */
  readonly path: string;
  /** The last load of the same bytes. */
  readonly load_id: number;
  /** When that load ended: ISO 8601 in UTC. */
  readonly finished_at: string;
}

/** What decides, together with the bytes of a file, which rows the file becomes. */
export interface Recipe {
  readonly mapping: Mapping | undefined;
  readonly format: Format;
  readonly onDuplicate: DuplicatePolicy;
}

/**
 * Splits the files into those to load and those that the ledger knows: the same bytes, into the same table, read in the same
 * way. A load with rejects does not count: rows that it rejected may be valid by now. A file is read only if the ledger has
 * one of its size. If a row may be made of rows of several files, the files of one load are left out together or not at all.
 */
export async function recognize(
  client: Client,
  table: TableName,
  files: readonly SourceFile[],
  recipe: Recipe,
): Promise<{ readonly fresh: readonly SourceFile[]; readonly before: readonly LoadedBefore[] }> {
  const mappingSha256 = mappingHash(recipe);
  const byName = expressionsOf(recipe).some((sql) => /\b_file\b/i.test(sql));
  const fresh: SourceFile[] = [];
  const before: LoadedBefore[] = [];
  const runs = new Map<string, Run>();
  for (const file of files) {
    const sized = await runsOfSize(client, table, mappingSha256, file.bytes);
    const sha256 = sized.length === 0 ? undefined : await sha256OfFile(file.absolute, { name: file.path });
    // If the path gives rows a column, it counts like the bytes.
    const isSame = (known: LedgerFile) =>
      known.sha256 === sha256 && (known.path === file.path || (!byName && file.keys.size === 0));
    const run = sized.find((candidate) => candidate.files.some(isSame));
    if (run === undefined) {
      fresh.push(file);
    } else {
      before.push({ path: file.path, load_id: Number(run.id), finished_at: run.finished_at });
      runs.set(run.id, run);
    }
  }
  const [only] = runs.values();
  const together = fresh.length === 0 && runs.size === 1 && only?.files.length === files.length;
  return foldsAcrossFiles(recipe) && !together ? { fresh: files, before: [] } : { fresh, before };
}

interface Run {
  readonly id: string;
  readonly finished_at: string;
  readonly files: readonly LedgerFile[];
}

/** Whether a row may be made of rows of several files, so that leaving out one file changes the rows of the others. */
function foldsAcrossFiles(recipe: Recipe): boolean {
  if (recipe.onDuplicate !== "reject") return true;
  const windowed = expressionsOf(recipe).some((sql) => /\bover\b/i.test(sql));
  return windowed || recipe.mapping?.collapse !== undefined;
}

const expressionsOf = ({ mapping }: Recipe): string[] =>
  mapping === undefined ? [] : [...Object.values(mapping.columns), mapping.filter ?? ""];

function runsOfSize(client: Client, table: TableName, mappingSha256: string, bytes: number) {
  return client
    .query<Run>(
      `SELECT id, to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS finished_at, files
       FROM load_run
       WHERE table_name = $1 AND mapping_sha256 = $2 AND rejected = 0 AND files @> $3
       ORDER BY id DESC`,
      [table, mappingSha256, JSON.stringify([{ bytes }])],
    )
    .then(({ rows }) => rows);
}

/** Digest of everything that decides which rows the bytes of a file become; comments of a mapping are no part of it. */
export function mappingHash({ mapping, format, onDuplicate }: Recipe): string {
  const { path: _, ...content } = mapping ?? { path: "" };
  return sha256OfText(JSON.stringify({ content, format, onDuplicate }));
}
