import { fail } from "../errors.ts";

/** Turns an error of the operating system into one of the catalogue; others are returned unchanged. */
export function asFileFailure(error: unknown, path: string, access: "read" | "written"): unknown {
  const { code } = error as NodeJS.ErrnoException;
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return access === "read"
        ? fail("FILE_NOT_FOUND", { path }, error)
        : fail("FILE_UNWRITABLE", { path, reason: "its folder does not exist" }, error);
    case "EISDIR":
      return fail("FILE_IS_DIRECTORY", { path }, error);
    case "EACCES":
    case "EPERM":
      return fail("FILE_NOT_PERMITTED", { path, access }, error);
    case "ELOOP":
    case "ENAMETOOLONG": {
      const reason = code === "ELOOP" ? "its links lead in a circle" : "its name is too long";
      return access === "read"
        ? fail("FILE_NOT_FOUND", { path }, error)
        : fail("FILE_UNWRITABLE", { path, reason }, error);
    }
    case "EROFS":
    case "ENOSPC":
    case "EDQUOT":
      return fail("FILE_UNWRITABLE", { path, reason: code }, error);
    default:
      return error;
  }
}
