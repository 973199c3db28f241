import type { BigIntStats } from "node:fs";
import { constants, createReadStream, fstatSync } from "node:fs";
import { access, lstat, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Engine } from "../duckdb/engine.ts";
import { fail } from "../errors.ts";
import { createFile, replaceFile } from "../system/atomic-write.ts";
import { asFileFailure } from "../system/file-failures.ts";
import type { LoadRequest } from "./load-request.ts";
import { spoolRejects } from "./rows/rejects.ts";
import { readStart } from "./source/locate-files.ts";
import { isRejectsFile } from "./source/rejects-file.ts";
import type { SourceFile } from "./source/source-file.ts";

/*
 * Where rejected rows are written. What is there already may be somebody's work: a source, a rejects file that is being
 * fixed, or something that has nothing to do with loads.
 */

/**
 * Writes the rejected rows as CSV that only this user can read: to the path of the request, or to a new file in the working
 * folder. A dry run writes them only if it has a path. The file appears whole or not at all.
 *
 * @param columns the names of the source's columns
 * @returns the path; null if nothing was written
 * @throws those of {@link requireRejectsPath}
 */
export async function keepRejects(
  engine: Engine,
  request: LoadRequest,
  sources: readonly SourceFile[],
  columns: readonly string[],
): Promise<string | null> {
  const { rejects: path, table, dryRun = false } = request;
  if (dryRun && path === undefined) return null;
  const spool = await spoolRejects(engine, columns);
  const names = path === undefined ? rejectsFileNames(table, new Date()) : ([path] as const);
  const replaces = await requireRejectsPath(request, sources);
  try {
    const content = createReadStream(spool);
    if (!replaces) return await createFile(names, content, { mode: 0o600 });
    await replaceFile(names[0], content, { mode: 0o600 });
    return names[0];
  } catch (error) {
    throw asFileFailure(error, names[0], "written");
  }
}

/**
 * Requires that what is at the path of the rejects file may be replaced: nothing, or an earlier rejects file that the load
 * does not read. Files are compared by device and inode, so links to a source are recognized.
 *
 * @param sources the files of the load, as far as they are known
 * @returns whether there is a file, which will be replaced
 * @throws REJECTS_PATH_REFUSED, FILE_UNWRITABLE, FILE_NOT_PERMITTED
 */
export async function requireRejectsPath(
  { rejects: path, mapping, files = [] }: LoadRequest,
  sources: readonly SourceFile[] = [],
): Promise<boolean> {
  if (path === undefined) return false;
  const refuse = (problem: string) => fail("REJECTS_PATH_REFUSED", { path, problem });
  if (path === "-") throw refuse("rows are not written to standard output, where the result goes");
  try {
    const folder = dirname(resolve(path));
    await stat(folder);
    await access(folder, constants.W_OK);
    const there = await lstat(resolve(path), { bigint: true }).catch(absent);
    if (there === undefined) return false;
    if (!there.isFile()) throw refuse(kindOf(there));
    const isThere = (other: BigIntStats | undefined) => other?.dev === there.dev && other?.ino === there.ino;
    if (files.includes("-") && isThere(standardInputFacts())) throw refuse("it is what is loaded");
    for (const source of [...files, ...sources.map(({ absolute }) => absolute)]) {
      // A name that is a pattern, or that cannot be found, is no file; what matches is among the sources.
      const facts = await stat(source, { bigint: true }).catch(() => undefined);
      if (isThere(facts)) throw refuse("it is one of the files to load");
    }
    if (typeof mapping === "string" && isThere(await stat(mapping, { bigint: true }).catch(absent))) {
      throw refuse("it is the mapping");
    }
    if (!isRejectsFile(await readStart(resolve(path)))) {
      throw refuse("it exists and is not a rejects file");
    }
    return true;
  } catch (error) {
    throw asFileFailure(error, path, "written");
  }
}

/** Undefined for something that does not exist. */
function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

function standardInputFacts(): BigIntStats | undefined {
  try {
    return fstatSync(0, { bigint: true });
  } catch {
    return undefined;
  }
}

function kindOf(there: BigIntStats): string {
  if (there.isDirectory()) return "it is a folder";
  if (there.isSymbolicLink()) return "it is a link";
  if (there.isFIFO()) return "it is a pipe";
  return there.isSocket() ? "it is a socket" : "it is a device";
}

/** How many loads may start in one second in one folder. */
const namesPerSecond = 1_000;

/** The names that a rejects file may get if none is given: `rejects-sales_daily-20240131T064500Z-1.csv`, then `-2`, … */
function rejectsFileNames(table: string, now: Date): [string, ...string[]] {
  const time = now.toISOString().replace(/\.\d+/, "").replaceAll(/[-:]/g, "");
  const named = (n: number) => `rejects-${table}-${time}-${n}.csv`;
  return [named(1), ...Array.from({ length: namesPerSecond - 1 }, (_, index) => named(index + 2))];
}
