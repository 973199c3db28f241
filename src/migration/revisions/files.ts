import { fail } from "../../errors.ts";

/** Does something with a file; what the file system refuses comes out as an error of the catalogue. */
export function withFile<T>(path: string, access: "read" | "written", work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === "ENOENT" && access === "read") throw fail("FILE_NOT_FOUND", { path }, error);
    if (code === "EACCES" || code === "EPERM") throw fail("FILE_NOT_PERMITTED", { path, access }, error);
    throw fail("FILE_UNWRITABLE", { path, reason: code }, error);
  }
}
