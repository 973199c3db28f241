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

  DATE_RANGE_INVALID: {
    exit: 2,
    http: 400,
    message: "The range ends before it begins: {from} to {to}.",
    action: "Give the earlier date first.",
  },

  // ---- calendar
  COUNTRY_UNKNOWN: {
    exit: 2,
    http: 400,
    message: "No holidays are known for the country {country}.",
    action: "Use a two-letter code (ISO 3166-1): {valid}.",
  },
  SUBDIVISION_UNKNOWN: {
    exit: 2,
    http: 400,
    message: "{country} has no subdivision {subdivision}.",
    action: "Use the part after the hyphen of ISO 3166-2; known for {country}: {valid}.",
  },

  // ---- rollup
  ROLLUP_NET_NEGATIVE: {
    exit: 3,
    http: 422,
    message: "{days} days would have negative net sales, which sales_daily forbids (for example {example} units).",
    action:
      "Nothing was written. Use --on-net-negative zero to write them as 0 and have the difference reported, or correct the transactions.",
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

  // ---- migrations
  REVISION_FILE_INVALID: {
    exit: 1,
    http: 500,
    message: "The revision file {file} is not valid: {problem}.",
    action: "Correct the file; migrations/0001_create_data_platform_tables.sql shows the form.",
  },
  REVISION_CHAIN_INVALID: {
    exit: 1,
    http: 500,
    message: "The revisions do not form a chain: {problem}.",
    action: 'Each revision names the one before it in its line "-- parent:"; correct that line.',
  },
  REVISION_HEADS: {
    exit: 1,
    http: 500,
    message: "The revisions have more than one head: {heads}, which part after {parent}.",
    action: 'Put one behind the other: let the "-- parent:" of its first revision name the other head.',
  },
  REVISION_UNKNOWN: {
    exit: 2,
    http: 404,
    message: "There is no revision {revision}.",
    action: "Known are: {known}. An unambiguous beginning is enough.",
  },
  REVISION_AMBIGUOUS: {
    exit: 2,
    http: 400,
    message: "{revision} may be any of several revisions.",
    action: "Write more of the name: {candidates}.",
  },
  REVISION_OUT_OF_REACH: {
    exit: 2,
    http: 400,
    message: "There is no way to the target: {problem}.",
    action: "Run forecastlab history to see the revisions and which are applied.",
  },
  REVISION_EDITED: {
    exit: 1,
    http: 409,
    message: "Applied already, but the file was edited since: {revisions}.",
    action: "Restore the file and put the change in a new revision; or accept the edit: forecastlab stamp {current}",
  },
  REVISION_IRREVERSIBLE: {
    exit: 1,
    http: 409,
    message: 'The revision {revision} has no way down: nothing stands after its line "-- down".',
    action: "Write the statements that take it back; SELECT 1; where there is nothing to take back.",
  },
  REVISION_FAILED: {
    exit: 1,
    http: 500,
    message: "The revision {revision} failed ({place}) and nothing of it was kept: {reason}.",
    action: "Correct the statement, or the data it met, and run the command again.",
  },
  REVISION_HALF_DONE: {
    exit: 1,
    http: 500,
    message:
      "The revision {revision}, which runs outside a transaction, failed at statement {statement} of {statements} ({place}): {reason}; {kept}.",
    action:
      "Finish or take back its statements by hand (an index left INVALID must be dropped), then run the command again, or forecastlab stamp it.",
  },
  LEDGER_MISMATCH: {
    exit: 1,
    http: 409,
    message: "The database's revisions do not match the files: {problem}.",
    action: "Use the migrations this database was built with; or, if you are sure, forecastlab stamp REVISION.",
  },
  SCHEMA_NOT_CHOSEN: {
    exit: 1,
    http: 409,
    message: "There is no schema to work in: the search path is {path}, and no schema of it exists or is usable.",
    action: "Create the schema, or choose another with ?options=-csearch_path%3DNAME in DATABASE_URL.",
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
