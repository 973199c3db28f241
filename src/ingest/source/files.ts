import { constants } from "node:fs";
import { access, open, realpath, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { fail } from "../../errors.ts";
import { asFileFailure } from "../../system/file-failures.ts";
import { filesBelow, isNoData, partitionKeys } from "./folders.ts";
import { receive, standardInput } from "./standard-input.ts";
import { startsAsZstd } from "./zstd.ts";

/** A file to load, as its first bytes show it. */
export interface SourceFile {
  /** As the user named it, for messages. */
  readonly path: string;
  readonly absolute: string;
  readonly bytes: number;
  readonly compression: "gzip" | "zstd" | undefined;
  /** What the names of partitioned folders (`year=2024/`) say in the path as it was named. */
  readonly keys: ReadonlyMap<string, string>;
}

/**
 * The files of a load in their order: as named, each pattern's matches and each folder's files sorted by path. A name with
 * `*`, `?` or `[` is a pattern unless a file of that name exists; `-` is standard input, which is received here.
 *
 * @throws FILE_NOT_FOUND, FILE_NOT_PERMITTED, FILE_REPEATED, FILE_EMPTY, FILE_NOT_CSV, PATTERN_WITHOUT_MATCH,
 * FOLDER_WITHOUT_FILES, FOLDER_IS_TABLE, INPUT_IS_TERMINAL
 */
export async function locateFiles(engine: Engine, names: readonly string[]): Promise<SourceFile[]> {
  if (names.filter((name) => name === "-").length > 1) throw fail("FILE_REPEATED", { path: "-" });
  const paths = (await Promise.all(names.map((name) => expand(engine, name)))).flat();
  const files: SourceFile[] = [];
  for (const path of paths) {
    files.push(path === "-" ? await locate(standardInput, await receive(engine)) : await locate(path));
  }
  const seen = new Set<string>();
  for (const file of files) {
    const real = await realpath(file.absolute);
    if (seen.has(real)) throw fail("FILE_REPEATED", { path: file.path });
    seen.add(real);
  }
  return files;
}

async function expand(engine: Engine, name: string): Promise<string[]> {
  if (name === "-") return [name];
  const facts = await stat(name).catch(() => undefined);
  try {
    if (facts?.isDirectory()) return await filesBelow(name);
  } catch (error) {
    throw asFileFailure(error, name, "read");
  }
  if (facts !== undefined || !/[*?[]/.test(name)) return [name];
  const found = await engine.rows<{ file: string }>(`SELECT file FROM glob(${quoteLiteral(name)})`);
  // `**` goes down folders as their bare name does, and passes over the same.
  const passed = (path: string) => name.includes("**") && belowPattern(path, name).some(isNoData);
  const matches = found.map(({ file }) => file).filter((path) => !passed(path));
  if (matches.length === 0) throw fail("PATTERN_WITHOUT_MATCH", { pattern: name });
  return matches.sort();
}

/** The names in a path that the pattern leaves open. */
function belowPattern(path: string, pattern: string): string[] {
  const written = pattern.split("/");
  const fixed = written.findIndex((name) => /[*?[]/.test(name));
  return path.split("/").slice(fixed);
}

async function locate(path: string, absolute = resolve(path)): Promise<SourceFile> {
  try {
    const facts = await stat(absolute);
    await access(absolute, constants.R_OK);
    if (!facts.isFile()) throw fail("FILE_NOT_CSV", { path, kind: "a pipe or a device" });
    if (facts.size === 0) throw fail("FILE_EMPTY", { path });
    const compression = await compressionOf(absolute);
    return { path, absolute, bytes: facts.size, compression, keys: partitionKeys(path) };
  } catch (error) {
    throw asFileFailure(error, path, "read");
  }
}

/** By the first bytes, not by the name: exports are often named wrongly. */
async function compressionOf(path: string): Promise<SourceFile["compression"]> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    if (buffer[0] === 0x1f && buffer[1] === 0x8b) return "gzip";
    return startsAsZstd(buffer) ? "zstd" : undefined;
  } finally {
    await file.close();
  }
}

/** Files whose name says that a tab separates. */
export function isTabSeparated(file: SourceFile): boolean {
  return /\.(tsv|tab)(\.(gz|zst))?$/i.test(basename(file.path));
}
