import { readFileSync } from "node:fs";
import { fail } from "../../errors.ts";
import { runProgram } from "./programs.ts";

/** The operating system's user the server runs as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

/**
 * The account the server runs as where that is not the one running the command: PostgreSQL refuses to run as root, so
 * root hands the server to the owner of the data, else to `postgres`, else to `nobody`. Undefined for everybody else.
 *
 * @throws EMBEDDED_ACCOUNT_UNUSABLE
 */
export function defaultAccount(passwd: string = readPasswd()): Account {
  const entries = parsePasswd(passwd);
  const found = preferred.map((name) => entries.find((entry) => entry.name === name)).find(Boolean);
  if (found !== undefined && found.uid !== 0) return found;
  throw fail("EMBEDDED_ACCOUNT_UNUSABLE", {
    reason: `the system has no user named ${preferred.join(" or ")} to run it as`,
  });
}

const preferred = ["postgres", "nobody"];

/** The account of a file's owner; its name is `user 1234` where the system knows no other. */
export function accountOf(owner: { uid: number; gid: number }, passwd: string = readPasswd()): Account {
  const entry = parsePasswd(passwd).find((candidate) => candidate.uid === owner.uid);
  return { uid: owner.uid, gid: owner.gid, name: entry?.name ?? `user ${owner.uid}` };
}

export function runsAsRoot(): boolean {
  return process.geteuid?.() === 0;
}

/**
 * Whether the account may enter a folder. The system is asked, by going there, because permissions are more than mode
 * bits: every folder above, access lists, security modules.
 *
 * @throws EMBEDDED_ACCOUNT_UNUSABLE
 */
export async function mayEnter(account: Account, folder: string): Promise<boolean> {
  const { status, reason } = await runProgram("/bin/sh", ["-c", 'cd -- "$1"', "sh", folder], { account });
  if (status !== undefined) return status === 0;
  throw fail("EMBEDDED_ACCOUNT_UNUSABLE", {
    reason: `the command may not run a program as the user ${account.name} (${reason})`,
  });
}

function parsePasswd(text: string): Account[] {
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
