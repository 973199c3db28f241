import { readFileSync } from "node:fs";
import { fail } from "../../errors.ts";

/** A user of the operating system. */
export interface OsUser {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

/**
 * The user that the server runs as if the command runs as root and the data belongs to nobody else: `postgres`, or `nobody`
 * if there is no such user. PostgreSQL refuses to run as root.
 *
 * @throws EMBEDDED_ACCOUNT_UNUSABLE if there is neither
 */
export function defaultOsUser(passwd: string = readPasswd()): OsUser {
  const entries = parsePasswd(passwd);
  const found = preferred.map((name) => entries.find((entry) => entry.name === name)).find(Boolean);
  if (found !== undefined && found.uid !== 0) return found;
  throw fail("EMBEDDED_ACCOUNT_UNUSABLE", {
    reason: `the system has no user named ${preferred.join(" or ")} to run it as`,
  });
}

const preferred = ["postgres", "nobody"];

/** The owner of a file. If the system does not know the name, it is `user 1234`. */
export function osUserOf(owner: { uid: number; gid: number }, passwd: string = readPasswd()): OsUser {
  const entry = parsePasswd(passwd).find((candidate) => candidate.uid === owner.uid);
  return { uid: owner.uid, gid: owner.gid, name: entry?.name ?? `user ${owner.uid}` };
}

/** The group that new files of a user get by default; undefined if the system does not know the user. */
export function primaryGroupOf(uid: number, passwd: string = readPasswd()): number | undefined {
  return parsePasswd(passwd).find((entry) => entry.uid === uid)?.gid;
}

export function runsAsRoot(): boolean {
  return process.geteuid?.() === 0;
}

function parsePasswd(text: string): OsUser[] {
  return text.split("\n").flatMap((line) => {
    const [name, , uid, gid] = line.split(":");
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}

function readPasswd(): string {
  try {
    return readFileSync("/etc/passwd", "utf8");
  } catch {
    return "";
  }
}
