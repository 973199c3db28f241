import pg from "pg";
import { ForecastLabError, fail } from "../errors.ts";

/** What the driver and Node know of an error of the network or of TLS. */
interface SystemError extends Error {
  code?: string;
  syscall?: string;
  errors?: Error[];
}

const connectionErrors = new WeakSet<Error>();

/** Marks an error that a connection itself reported: others with the same code come from files and pipes. */
export function noteConnectionError(error: Error): void {
  connectionErrors.add(error);
}

/** Whether the server reported the error. */
export const isServerError = (error: unknown): error is pg.DatabaseError => error instanceof pg.DatabaseError;

/**
 * Turns an error of the driver into one of the catalog: by its SQLSTATE if it is the server's, otherwise by its errno. Errors
 * of files, pipes and other programs are returned unchanged.
 */
export function asDatabaseFailure(error: unknown, server: string): unknown {
  if (error instanceof ForecastLabError || !(error instanceof Error)) return error;
  if (isServerError(error)) return asServerFailure(error, server);
  const failure = error as SystemError;
  const { code, syscall } = (failure.errors?.[0] as SystemError | undefined) ?? failure;
  if (syscall === "connect" || syscall === "getaddrinfo") {
    return fail("DATABASE_UNREACHABLE", { server, reason: code ?? reasonOf(failure) }, error);
  }
  const tls = asTlsFailure(failure, server);
  if (tls !== undefined) return tls;
  if (/timeout expired|timeout exceeded/.test(failure.message) && code === undefined) {
    return fail("DATABASE_UNREACHABLE", { server, reason: "no answer in time" }, error);
  }
  if (
    code === "ECONNRESET" ||
    connectionErrors.has(error) ||
    /Connection terminated|is not queryable/.test(failure.message)
  ) {
    return fail("DATABASE_CONNECTION_LOST", { server, reason: reasonOf(failure) }, error);
  }
  // The driver says this if the server wants a password and none was given, or one of the wrong type.
  if (code === undefined && /^SASL:/.test(failure.message)) {
    const user = "of the connection, who gave no usable password";
    return fail("DATABASE_LOGIN_REFUSED", { server, user }, error);
  }
  return error;
}

const untrusted = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "CERT_REVOKED",
  "INVALID_CA",
]);

/** The failure of TLS that an error is; undefined if it is none. */
function asTlsFailure(error: SystemError, server: string): ForecastLabError | undefined {
  const { code = "", message } = error;
  if (/server does not support SSL connections/.test(message)) {
    return fail("DATABASE_TLS_MISSING", { server }, error);
  }
  if (untrusted.has(code)) {
    return fail("DATABASE_CERTIFICATE_UNTRUSTED", { server, reason: reasonOf(error) }, error);
  }
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID") {
    return fail("DATABASE_CERTIFICATE_EXPIRED", { server, reason: reasonOf(error) }, error);
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    const { reason } = error as { reason?: string };
    return fail(
      "DATABASE_CERTIFICATE_NAME",
      { server, reason: (reason ?? message).replace(/\.$/, "") },
      error,
    );
  }
  if (/^ERR_SSL_.*(CERTIFICATE|UNKNOWN_CA)/.test(code) && /alert/i.test(`${code} ${message}`)) {
    return fail("DATABASE_CERTIFICATE_REFUSED", { server, reason: sslReason(error) }, error);
  }
  if (/^ERR_(SSL|OSSL|TLS)_|^EPROTO$/.test(code) || /establishing an SSL connection/.test(message)) {
    return fail("DATABASE_TLS_FAILED", { server, reason: sslReason(error) }, error);
  }
  return undefined;
}

/** OpenSSL's errors are long; the part that says what happened has a field of its own. */
const sslReason = (error: Error) => (error as { reason?: string }).reason ?? reasonOf(error);

function asServerFailure(error: pg.DatabaseError, server: string): ForecastLabError {
  const reason = reasonOf(error);
  const named = /"([^"]+)"/.exec(error.message)?.[1] ?? "?";
  switch (error.code) {
    case "57P01":
    case "57P02":
    case "57P03":
    case "57P05":
    case "25P03":
      return fail("DATABASE_CONNECTION_LOST", { server, reason }, error);
    case "28000":
      if (/valid client certificate|certificate authentication failed/.test(reason)) {
        return fail("DATABASE_CERTIFICATE_REFUSED", { server, reason }, error);
      }
      if (/pg_hba\.conf.*(no encryption|SSL off)/.test(reason)) {
        return fail("DATABASE_TLS_REQUIRED", { server, reason }, error);
      }
      return fail("DATABASE_LOGIN_REFUSED", { server, user: userIn(reason) }, error);
    case "28P01":
      return fail("DATABASE_LOGIN_REFUSED", { server, user: named }, error);
    case "3D000":
      return fail("DATABASE_NOT_FOUND", { server, database: named }, error);
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
    case "23P01": {
      const detail = error.detail?.replace(/\.$/, "") ?? reason;
      return fail("CONSTRAINT_VIOLATED", { constraint: constraintOf(error), reason: detail }, error);
    }
    default: {
      const full = [reason, error.detail].filter(Boolean).join("; ");
      return fail("DATABASE_FAILURE", { sqlstate: error.code ?? "?", reason: full }, error);
    }
  }
}

const userIn = (reason: string) =>
  /(?:user|role) "([^"]+)"/.exec(reason)?.[1] ?? /"([^"]+)"/.exec(reason)?.[1] ?? "?";

/** The constraint's name, or what a constraint without a name is: NOT NULL, or the bounds of partitions. */
function constraintOf({ constraint, code, column, table, message }: pg.DatabaseError): string {
  if (constraint !== undefined) return constraint;
  if (code === "23502") return `NOT NULL${column === undefined ? "" : ` of ${column}`}`;
  const relation = table ?? /relation "([^"]+)"/.exec(message)?.[1];
  return `bounds of partitions${relation === undefined ? "" : ` of ${relation}`}`;
}

/** The sentence without its full stop, to be part of another sentence. */
function reasonOf(error: Error): string {
  return error.message.trim().replace(/\.$/, "");
}
