import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { join } from "node:path";
import { readIfExists, writePrivate } from "./files.ts";
import type { ServerLocation } from "./location.ts";

const passwordFile = (location: ServerLocation) => join(location.folder, "password");

/** The password of connections through a port; undefined if none was made yet. */
export async function readPassword(location: ServerLocation): Promise<string | undefined> {
  return (await readIfExists(passwordFile(location)))?.trim() || undefined;
}

/**
 * The password of connections through a port, and its file, which only the owner of the server can read. A random one is made
 * if there is none.
 */
export async function ensurePassword(location: ServerLocation): Promise<{ password: string; path: string }> {
  const path = passwordFile(location);
  const known = await readPassword(location);
  if (known !== undefined) return { password: known, path };
  const password = randomBytes(24).toString("base64url");
  await writePrivate(path, `${password}\n`, location.osUser);
  return { password, path };
}

/**
 * What PostgreSQL stores of a password for scram-sha-256 (RFC 5802 with RFC 7677, as `scram_build_secret` writes it). Sent in
 * place of the password, it keeps that out of the server's log whatever is logged.
 *
 * @param password ASCII, which SASLprep leaves as it is
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16), iterations = 4096): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
  const keyed = (text: string) => createHmac("sha256", salted).update(text).digest();
  const stored = createHash("sha256").update(keyed("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${stored}:${keyed("Server Key").toString("base64")}`;
}
