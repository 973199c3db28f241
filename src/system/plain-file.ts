import { lstatSync, type Stats } from "node:fs";
import { fail } from "../errors.ts";
import { asFileFailure } from "./file-failures.ts";

/**
 * Requires that a file can be written in place of what is there: nothing, or a plain file. A device, pipe or link is never
 * replaced by one.
 *
 * @throws FILE_IS_DIRECTORY, FILE_UNWRITABLE, FILE_NOT_PERMITTED
 */
export function requirePlainFile(path: string): void {
  let found: Stats;
  try {
    found = lstatSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw asFileFailure(error, path, "written");
  }
  if (found.isDirectory()) throw fail("FILE_IS_DIRECTORY", { path });
  if (!found.isFile()) throw fail("FILE_UNWRITABLE", { path, reason: "it is not a plain file" });
}
