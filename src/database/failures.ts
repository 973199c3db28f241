import { ForecastLabError, fail } from "../errors.ts";

/** What the driver knows of an error of the server or of the network. */
interface DriverError extends Error {
  code?: string;
  detail?: string;
  constraint?: string;
  errors?: Error[];
}

/**
 * Turns an error of the driver into one of the catalogue, by its SQLSTATE or errno, and by its text only if it has neither.
 * All other errors are returned unchanged.
 */
export function asDatabaseFailure(error: unknown, server: string): unknown {
  if (error instanceof ForecastLabError || !(error instanceof Error)) return error;
  const failure = error as DriverError;
  const code = failure.code ?? (failure.errors?.[0] as DriverError | undefined)?.code;
  const reason = reasonOf(failure);
  if (code !== undefined && unreachable.has(code)) {
    return fail("DATABASE_UNREACHABLE", { server, reason: code }, error);
  }
  if (/timeout expired|timeout exceeded/.test(failure.message) && code === undefined) {
    return fail("DATABASE_UNREACHABLE", { server, reason: "no answer in time" }, error);
  }
  if (
    /Connection terminated|is not queryable/.test(failure.message) ||
    (code !== undefined && lost.has(code))
  ) {
    return fail("DATABASE_CONNECTION_LOST", { server, reason }, error);
  }
  // The driver says this if the server wants a password and none was given, or one of the wrong type.
  if (code === undefined && /^SASL:/.test(failure.message)) {
    return fail(
      "DATABASE_LOGIN_REFUSED",
      { server, user: "of the connection, who gave no usable password" },
      error,
    );
  }
  switch (code) {
    case undefined:
      return error;
    case "28P01":
    case "28000":
      return fail(
        "DATABASE_LOGIN_REFUSED",
        { server, user: /"([^"]+)"/.exec(failure.message)?.[1] ?? "?" },
        error,
      );
    case "3D000":
      return fail(
        "DATABASE_NOT_FOUND",
        { server, database: /"([^"]+)"/.exec(failure.message)?.[1] ?? "?" },
        error,
      );
    case "42501":
      return fail("DATABASE_PERMISSION_DENIED", { reason }, error);
    case "25006":
      return fail("DATABASE_READ_ONLY", { reason }, error);
    case "55P03":
      return fail("DATABASE_LOCK_TIMEOUT", { reason }, error);
    case "53100":
      return fail("DATABASE_DISK_FULL", { reason }, error);
    case "42P01":
    case "42703":
    case "3F000":
      return fail("SCHEMA_MISSING", { reason }, error);
    case "23502":
    case "23503":
    case "23505":
    case "23514":
    case "23P01":
      return fail(
        "CONSTRAINT_VIOLATED",
        {
          constraint: failure.constraint ?? "NOT NULL",
          reason: failure.detail?.replace(/\.$/, "") ?? reason,
        },
        error,
      );
    default:
      // Unlike names of the operating system, such as ELOOP, a SQLSTATE has a digit.
      return /^(?=.*\d)[0-9A-Z]{5}$/.test(code)
        ? fail(
            "DATABASE_FAILURE",
            { sqlstate: code, reason: [reason, failure.detail].filter(Boolean).join("; ") },
            error,
          )
        : error;
  }
}

const unreachable = new Set([
  "ECONNREFUSED",
  "ENOENT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "EACCES",
]);

/** admin_shutdown, crash_shutdown, cannot_connect_now, and sockets that break. */
const lost = new Set(["57P01", "57P02", "57P03", "ECONNRESET", "EPIPE"]);

/** The server's sentence without its full stop, to be part of another sentence. */
function reasonOf(error: DriverError): string {
  return error.message.trim().replace(/\.$/, "");
}
