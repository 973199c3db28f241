import { constants } from "node:fs";
import { access, open, realpath, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { quoteLiteral } from "../database/identifiers.ts";
import { fail } from "../errors.ts";
import type { Engine } from "./engine.ts";
import { asFileFailure } from "./file-failures.ts";

/** A file to load, as its first bytes show it. */
export interface SourceFile {
  /** As the user named it, for messages. */
  readonly path: string;
  readonly absolute: string;
  readonly bytes: number;
  readonly compression: "gzip" | "zstd" | undefined;
}

/**
 * The files of a load in their order: as named, each pattern's matches sorted by path. A name with `*`, `?` or `[` is a
 * pattern unless a file of that name exists.
 *
 * @throws FILE_NOT_FOUND, FILE_IS_DIRECTORY, FILE_NOT_PERMITTED, FILE_REPEATED, FILE_EMPTY, FILE_NOT_CSV,
 * PATTERN_WITHOUT_MATCH
 */
export async function locateFiles(engine: Engine, names: readonly string[]): Promise<SourceFile[]> {
  const paths = (await Promise.all(names.map((name) => expand(engine, name)))).flat();
  const files = await Promise.all(paths.map(locate));
  const seen = new Set<string>();
  for (const file of files) {
    const real = await realpath(file.absolute);
    if (seen.has(real)) throw fail("FILE_REPEATED", { path: file.path });
    seen.add(real);
  }
  return files;
}

async function expand(engine: Engine, name: string): Promise<string[]> {
  const isPattern = /[*?[]/.test(name) && (await stat(name).catch(() => undefined)) === undefined;
  if (!isPattern) return [name];
  const matches = await engine.rows<{ file: string }>(`SELECT file FROM glob(${quoteLiteral(name)})`);
  if (matches.length === 0) throw fail("PATTERN_WITHOUT_MATCH", { pattern: name });
  return matches.map(({ file }) => file).sort();
}

async function locate(path: string): Promise<SourceFile> {
  const absolute = resolve(path);
  try {
    const facts = await stat(absolute);
    if (facts.isDirectory()) throw fail("FILE_IS_DIRECTORY", { path });
    await access(absolute, constants.R_OK);
    if (!facts.isFile()) throw fail("FILE_NOT_CSV", { path, kind: "a pipe or a device" });
    if (facts.size === 0) throw fail("FILE_EMPTY", { path });
    return { path, absolute, bytes: facts.size, compression: await compressionOf(absolute) };
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
    return buffer.readUInt32LE(0) === 0xfd2fb528 ? "zstd" : undefined;
  } finally {
    await file.close();
  }
}

/** Files whose name says that a tab separates. */
export function isTabSeparated(file: SourceFile): boolean {
  return /\.(tsv|tab)(\.(gz|zst))?$/i.test(basename(file.path));
}
