import { fail } from "../errors.ts";

/** Runs work on a file. Errors of the operating system come out as {@link asFileFailure} describes. */
export function withFileFailures<T>(path: string, access: "read" | "written", work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asFileFailure(error, path, access);
  }
}

/**
 * The error of the catalog for an error of the operating system; other errors are returned as they are.
 *
 * @param path the file as the user named it
 * @param access what was done with the file
 */
export function asFileFailure(error: unknown, path: string, access: "read" | "written"): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const address = addressOf(path);
  if (address !== undefined && (code === "ENOENT" || code === "ENOTDIR")) {
    return fail("FILE_IS_URL", { path: address }, error);
  }
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
    case "EEXIST":
    case "EBUSY":
    case "EFBIG":
    case "EIO":
      return access === "read" ? error : fail("FILE_UNWRITABLE", { path, reason: code }, error);
    default:
      return error;
  }
}

/** A name that is an address (`https://…`, `s3://…`), without what may be secret in it; undefined if it is none. */
export function addressOf(name: string): string | undefined {
  const [, scheme, rest = ""] = /^([a-z][a-z0-9+.-]*:\/\/)(.*)$/is.exec(name) ?? [];
  return scheme && `${scheme}${rest.replace(/[?#].*$/s, "").replace(/^[^/]*@/, "")}`;
}
