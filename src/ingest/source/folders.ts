import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../../errors.ts";

/*
 * Folders of data: the files below them, and the keys in the names of partitioned folders
 * (`year=2024/month=01/part-0.parquet`).
 */

/**
 * The files below a folder, sorted by path, without {@link isIgnored ignored} ones.
 *
 * @throws FOLDER_WITHOUT_FILES, and errors of the file system
 */
export async function filesBelow(folder: string): Promise<string[]> {
  const files = await collect(folder, []);
  if (files.length === 0) throw fail("FOLDER_WITHOUT_FILES", { path: folder });
  return files.sort();
}

async function collect(folder: string, above: readonly string[]): Promise<string[]> {
  const real = await realpath(folder);
  // A link to a folder above would never end.
  if (above.includes(real)) return [];
  const files: string[] = [];
  for (const name of await readdir(folder)) {
    if (name === "_delta_log") throw fail("FOLDER_IS_TABLE", { path: folder, format: "Delta Lake" });
    if (isIgnored(name)) continue;
    const path = join(folder, name);
    if ((await stat(path)).isDirectory()) files.push(...(await collect(path, [...above, real])));
    else files.push(path);
  }
  return files;
}

/**
 * Whether a file or folder is not data: its name starts with a dot or an underscore. These are hidden files, and what Spark and
 * similar tools write next to the data (`_SUCCESS`, `_temporary`).
 */
export const isIgnored = (name: string): boolean => /^[._]/.test(name);

/**
 * The keys of a path of partitioned folders, decoded: `sales/year=2024/region=S%C3%BCd/x.csv` has year 2024 and region Süd.
 * A key that occurs twice has its innermost value. The value Hive writes for NULL becomes empty text.
 */
export function partitionKeys(path: string): Map<string, string> {
  const keys = new Map<string, string>();
  for (const segment of path.split(/[\\/]/).slice(0, -1)) {
    const [, key, value = ""] = /^([^=]+)=(.*)$/.exec(segment) ?? [];
    if (key !== undefined) keys.set(decoded(key).trim(), value === hiveNull ? "" : decoded(value));
  }
  return keys;
}

const hiveNull = "__HIVE_DEFAULT_PARTITION__";

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
