/**
 * Every failure the platform reports on purpose: a stable code, a sentence, what to do, the exit code of the
 * command line and the HTTP status. `docs/errors.md` is generated from this table.
 *
 * Sentences name what was received in {braces}; {@link fail} takes exactly these values, checked by the compiler.
 * No value may carry a secret: pass a host and a database, never a connection string.
 */

interface CatalogueEntry {
  /** 1 a handled failure, 2 wrong usage, 3 rejects over the limit or drift found. */
  readonly exit: 1 | 2 | 3;
  readonly http: number;
  /** One sentence: what happened, with the values received. */
  readonly message: string;
  /** What to do about it; may name valid values. */
  readonly action: string;
}

export const catalogue = {
  // ---- usage and settings
  USAGE: {
    exit: 2,
    http: 400,
    message: "{problem}",
    action: "Run the command with --help to see its arguments and examples.",
  },
  SETTING_INVALID: {
    exit: 2,
    http: 400,
    message: "The setting {name} is not valid: {problem}.",
    action: "Correct it where it is set: {source}.",
  },
  DATE_INVALID: {
    exit: 2,
    http: 400,
    message: "{name} is not a date: {value}.",
    action: "Write a date of the calendar as YYYY-MM-DD, for example 2024-02-29.",
  },

  // ---- database server
  DATABASE_UNREACHABLE: {
    exit: 1,
    http: 503,
    message: "No PostgreSQL server answers at {server}: {reason}.",
    action: "Check that the server runs and that host and port in DATABASE_URL are right.",
  },
  DATABASE_LOGIN_REFUSED: {
    exit: 1,
    http: 503,
    message: "The PostgreSQL server at {server} refused the login of user {user}.",
    action: "Check user name and password in DATABASE_URL.",
  },
  DATABASE_NOT_FOUND: {
    exit: 1,
    http: 503,
    message: "The PostgreSQL server at {server} has no database named {database}.",
    action: "Create it (createdb {database}) or correct the name in DATABASE_URL.",
  },
  DATABASE_VERSION_UNSUPPORTED: {
    exit: 1,
    http: 503,
    message: "The server at {server} runs PostgreSQL {version}; the warehouse needs 15 or newer.",
    action: "Use PostgreSQL 15 to 18, or unset DATABASE_URL to use the embedded server.",
  },
  DATABASE_PERMISSION_DENIED: {
    exit: 1,
    http: 403,
    message: "The database role may not do this: {reason}.",
    action: "Grant the role the missing privilege, or connect with one that owns the warehouse.",
  },
  DATABASE_READ_ONLY: {
    exit: 1,
    http: 403,
    message: "The database only accepts reads here: {reason}.",
    action: "Connect to the primary server with a role that may write.",
  },
  DATABASE_CONNECTION_LOST: {
    exit: 1,
    http: 503,
    message: "The connection to {server} was lost: {reason}.",
    action: "Nothing unfinished was kept; run the command again once the server is back.",
  },
  DATABASE_LOCK_TIMEOUT: {
    exit: 1,
    http: 409,
    message: "Another session held a lock on the warehouse for too long: {reason}.",
    action: "Run the command again when the other work has finished.",
  },
  DATABASE_DISK_FULL: {
    exit: 1,
    http: 507,
    message: "The database server has no space left: {reason}.",
    action: "Free space on the server's disk and run the command again; nothing was kept of this run.",
  },
  DATABASE_FAILURE: {
    exit: 1,
    http: 500,
    message: "PostgreSQL refused a statement ({sqlstate}): {reason}.",
    action: "Run the command with --verbose to see the statement.",
  },
  SCHEMA_MISSING: {
    exit: 1,
    http: 409,
    message: "The warehouse is not (fully) there: {reason}.",
    action: "Run: forecastlab upgrade",
  },

  // ---- files
  FILE_NOT_FOUND: {
    exit: 1,
    http: 404,
    message: "The file {path} does not exist.",
    action: "Check the path; it is taken from the folder the command runs in.",
  },
  FILE_IS_DIRECTORY: {
    exit: 1,
    http: 400,
    message: "{path} is a folder, not a file.",
    action: "Name the file, or the files in it with a pattern such as {path}/*.csv.",
  },
  FILE_NOT_PERMITTED: {
    exit: 1,
    http: 403,
    message: "{path} cannot be {access}: permission denied.",
    action: "Give the user running the command access to it, or choose another path.",
  },
  FILE_UNWRITABLE: {
    exit: 1,
    http: 500,
    message: "{path} cannot be written: {reason}.",
    action: "Choose another path, or free space on the disk.",
  },

  // ---- the run itself
  INTERRUPTED: {
    exit: 1,
    http: 499,
    message: "Interrupted by {signal}; nothing was published.",
    action: "Run the command again; it starts from the state before.",
  },
  INTERNAL: {
    exit: 1,
    http: 500,
    message: "Something unexpected went wrong: {reason}.",
    action: "Run the command with --verbose and report what it prints.",
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;

/** The {names} that stand in a sentence. */
type Placeholders<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

type Values<C extends ErrorCode> = Record<
  Placeholders<(typeof catalogue)[C]["message"]> | Placeholders<(typeof catalogue)[C]["action"]>,
  string | number
>;

/** A failure of the catalogue. `toJSON` is what `--json` and the HTTP face show. */
export class ForecastLabError extends Error {
  readonly code: ErrorCode;
  readonly action: string;
  readonly exitCode: number;
  readonly httpStatus: number;
  /** What was received, machine-readable: the values that stand in the sentence. */
  readonly received: Record<string, string | number>;

  constructor(code: ErrorCode, received: Record<string, string | number>, cause?: unknown) {
    const entry: CatalogueEntry = catalogue[code];
    super(fill(entry.message, received), cause === undefined ? undefined : { cause });
    this.name = "ForecastLabError";
    this.code = code;
    this.action = fill(entry.action, received);
    this.exitCode = entry.exit;
    this.httpStatus = entry.http;
    this.received = received;
  }

  toJSON() {
    return { code: this.code, message: this.message, action: this.action, received: this.received };
  }
}

/** Builds the error of a code; `throw fail("FILE_NOT_FOUND", { path })`. */
export function fail<C extends ErrorCode>(code: C, values: Values<C>, cause?: unknown): ForecastLabError {
  return new ForecastLabError(code, values as Record<string, string | number>, cause);
}

function fill(sentence: string, values: Record<string, string | number>): string {
  return sentence.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? `{${name}}`));
}
