import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { ForecastLabError, fail } from "../../errors.ts";
import { addressOf, asFileFailure } from "../../system/file-failures.ts";
import { chunkBytes, decompressed } from "./decompress.ts";
import { filesBelow, isIgnored, partitionKeys } from "./folders.ts";
import { type GivenRows, givenRows, receiveRows } from "./given-rows.ts";
import { compressionOf, signatureBytes } from "./signatures.ts";
import type { SourceFile } from "./source-file.ts";
import { receive, standardInput } from "./standard-input.ts";

/**
 * The files of a load in their order: as named, the matches of each pattern and the files of each folder sorted by path. A
 * name with `*`, `?` or `[` is a pattern unless a file of that name exists. `-` is standard input, which is received here.
 *
 * @throws FILE_NOT_FOUND, FILE_NOT_PERMITTED, FILE_IS_URL, FILE_REPEATED, FILE_EMPTY, FILE_NOT_CSV, PATTERN_WITHOUT_MATCH,
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

/** Rows of a program as the one file of a load. @throws ROWS_INVALID, ROWS_SOURCE_FAILED, FILE_EMPTY */
export async function locateRows(engine: Engine, rows: GivenRows): Promise<SourceFile[]> {
  return [await locate(givenRows, await receiveRows(engine, rows))];
}

/** The paths of the files that a name given by the user refers to. */
async function expand(engine: Engine, name: string): Promise<string[]> {
  if (name === "-") return [name];
  const facts = await stat(name).catch(() => undefined);
  try {
    if (facts?.isDirectory()) return await filesBelow(name);
  } catch (error) {
    throw asFileFailure(error, name, "read");
  }
  if (facts === undefined) {
    const address = addressOf(name);
    if (address !== undefined) throw fail("FILE_IS_URL", { path: address });
  }
  if (facts !== undefined || !/[*?[]/.test(name)) return [name];
  const found = await engine.rows<{ file: string }>(`SELECT file FROM glob(${quoteLiteral(name)})`);
  // `**` descends into folders like the name of a folder does, and skips the same files.
  const skipped = (path: string) => name.includes("**") && belowPattern(path, name).some(isIgnored);
  const matches = found.map(({ file }) => file).filter((path) => !skipped(path));
  if (matches.length === 0) throw fail("PATTERN_WITHOUT_MATCH", { pattern: name });
  return matches.sort();
}

/** The names in a path that the pattern leaves open. */
function belowPattern(path: string, pattern: string): string[] {
  const fixed = pattern.split("/").findIndex((name) => /[*?[]/.test(name));
  return path.split("/").slice(fixed);
}

async function locate(path: string, absolute = resolve(path)): Promise<SourceFile> {
  try {
    const facts = await stat(absolute);
    await access(absolute, constants.R_OK);
    if (!facts.isFile()) throw fail("FILE_NOT_CSV", { path, kind: "a pipe or a device" });
    if (facts.size === 0) throw fail("FILE_EMPTY", { path });
    const file = { path, absolute, bytes: facts.size, keys: partitionKeys(path) };
    return { ...file, ...(await readHead(file)) };
  } catch (error) {
    throw asFileFailure(error, path, "read");
  }
}

async function readHead({
  path,
  absolute,
}: Pick<SourceFile, "path" | "absolute">): Promise<Pick<SourceFile, "compression" | "head">> {
  const start = await headOf(decompressed({ path, absolute, compression: undefined }, startOnly));
  const compression = compressionOf(start);
  const head =
    compression === undefined
      ? start
      : await headOf(decompressed({ path, absolute, compression }, startOnly)).catch(withoutHead);
  return { compression, head };
}

/** Few bytes: most heads are short, and a compressed file may expand a thousandfold. */
const startOnly = { chunk: 64 * 1024 };

/** The first bytes: {@link signatureBytes}, or the first line if that is longer and at most 1 MiB. */
async function headOf(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let [bytes, firstLineBytes] = [0, 0];
  for await (const chunk of chunks) {
    if (firstLineBytes === 0 && chunk.includes("\n")) firstLineBytes = bytes + chunk.indexOf("\n") + 1;
    parts.push(chunk);
    bytes += chunk.length;
    if (bytes >= chunkBytes || (bytes >= signatureBytes && firstLineBytes > 0)) break;
  }
  const read = Buffer.concat(parts);
  // Copied, so that the head does not keep the chunks in memory.
  const wanted = firstLineBytes > chunkBytes ? 0 : firstLineBytes;
  return Buffer.from(read.subarray(0, Math.max(signatureBytes, wanted)));
}

/** Reported when the file is read. A file that was loaded before is not read at all. */
function withoutHead(error: unknown): Buffer {
  if (error instanceof ForecastLabError && error.code === "FILE_NOT_DECOMPRESSED") return Buffer.alloc(0);
  throw error;
}

/** The first bytes of a file as it is on disk: at most 1 MiB. */
export const readStart = (absolute: string): Promise<Buffer> =>
  headOf(decompressed({ path: absolute, absolute, compression: undefined }, startOnly));
