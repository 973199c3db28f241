import { existsSync, readFileSync, statSync } from "node:fs";
import { type ConnectionOptions, checkServerIdentity, type SecureVersion } from "node:tls";
import { fail } from "../errors.ts";
import type { ConnectionParameters } from "./connection-string.ts";
import { homeFile } from "./libpq-files.ts";

/** What a connection does about TLS: tries these in their order; false is none. */
export type TlsAttempts = readonly (ConnectionOptions | false)[];

/**
 * The meaning of `sslmode` and its siblings as libpq defines it: `require` encrypts, and checks the certificate's authority only
 * if `sslrootcert` names one; `verify-full` checks authority and host name. Without `sslmode`, TLS is used if the server has it.
 * https://www.postgresql.org/docs/current/libpq-ssl.html
 *
 * @throws SETTING_INVALID
 */
export function tlsAttempts(
  parameters: ConnectionParameters,
  host: string,
  environment: NodeJS.ProcessEnv,
): TlsAttempts {
  if (host.startsWith("/") || host.startsWith("@")) return [false];
  const { sslrootcert, sslnegotiation } = parameters;
  const mode = parameters.sslmode ?? (sslrootcert === "system" ? "verify-full" : "prefer");
  if (sslrootcert === "system" && mode !== "verify-full") {
    throw invalid(
      "sslrootcert",
      "system needs sslmode=verify-full, because everybody can get such a certificate",
    );
  }
  if (sslnegotiation === "direct" && ["disable", "allow", "prefer"].includes(mode)) {
    throw invalid("sslnegotiation", "direct needs sslmode=require, verify-ca or verify-full");
  }
  if (mode === "disable") return [false];
  const options = optionsOf(parameters, mode, host, environment);
  if (mode === "prefer") return [options, false];
  return mode === "allow" ? [false, options] : [options];
}

function optionsOf(
  parameters: ConnectionParameters,
  mode: string,
  host: string,
  environment: NodeJS.ProcessEnv,
): ConnectionOptions {
  const { sslrootcert, sslpassword, ssl_min_protocol_version: oldest } = parameters;
  const ownRoot = homeFile(environment, ".postgresql", "root.crt");
  const ca =
    sslrootcert === "system" || sslrootcert === ""
      ? undefined
      : sslrootcert !== undefined
        ? textOf(sslrootcert, "sslrootcert")
        : existsSync(ownRoot)
          ? textOf(ownRoot, "sslrootcert")
          : undefined;
  if (mode === "verify-ca" && ca === undefined) {
    throw invalid(
      "sslmode",
      "verify-ca needs sslrootcert, the file of the authority that signed the server's certificate",
    );
  }
  const verified = mode === "verify-full" || mode === "verify-ca" || (mode === "require" && ca !== undefined);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...clientCertificate(parameters, environment),
    ...(sslpassword === undefined ? {} : { passphrase: sslpassword }),
    minVersion: (oldest ?? "TLSv1.2") as SecureVersion,
    rejectUnauthorized: verified,
    // The host that was asked for, also where its address was given beside it.
    checkServerIdentity: (_, certificate) =>
      mode === "verify-full" ? checkServerIdentity(host, certificate) : undefined,
  };
}

function clientCertificate(
  { sslcert, sslkey }: ConnectionParameters,
  environment: NodeJS.ProcessEnv,
): ConnectionOptions {
  const ownCertificate = homeFile(environment, ".postgresql", "postgresql.crt");
  const certificate = sslcert ?? (existsSync(ownCertificate) ? ownCertificate : undefined);
  if (certificate === undefined) return {};
  const key = sslkey ?? homeFile(environment, ".postgresql", "postgresql.key");
  const text = { cert: textOf(certificate, "sslcert"), key: textOf(key, "sslkey") };
  const { mode, uid } = statSync(key);
  const allowed = uid === 0 ? 0o640 : 0o600;
  if (process.platform !== "win32" && (mode & 0o777 & ~allowed) !== 0) {
    throw invalid("sslkey", `others can read ${key}; run chmod 600 ${key}`);
  }
  return text;
}

function textOf(path: string, name: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw invalid(name, `${path} cannot be read (${code})`, error);
  }
}

const invalid = (name: string, problem: string, cause?: unknown) =>
  fail(
    "SETTING_INVALID",
    { name, problem, source: "the connection string or the PG… environment variable" },
    cause,
  );
