import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fail } from "../errors.ts";
import * as kinds from "../system/arguments.ts";
import { didYouMean } from "../system/did-you-mean.ts";
import { parseConnectionString } from "./connection-string.ts";
import { readTrustedFile, requireTrustedProgram } from "./trusted-files.ts";

/** Where the warehouse lives. Only {@link readSettings} makes it from the environment. */
export interface Settings {
  /** Absolute path of the private folder that holds the embedded server's data (`.forecastlab`). */
  readonly home: string;
  /** Connection string of a server of the user's own. It may hold a password: never log or print it. */
  readonly databaseUrl: string | undefined;
  /** A folder with initdb, pg_ctl and postgres to use in place of those from npm. */
  readonly postgresBin: string | undefined;
  /** A folder of migrations to use in place of the package's. */
  readonly migrations?: string | undefined;
}

type SettingsFile = Partial<Record<(typeof settingNames)[number], string>>;

const settingNames = ["home", "databaseUrl", "postgresBin", "migrations"] as const;

const fileNames = ["forecastlab.config.yaml", "forecastlab.config.yml", "forecastlab.config.json"];

/**
 * Reads the settings. The environment (FORECASTLAB_HOME, DATABASE_URL, FORECASTLAB_POSTGRES_BIN, FORECASTLAB_MIGRATIONS) takes
 * precedence over `forecastlab.config.yaml|yml|json` in the folder, and that over the defaults. A file that another user owns
 * or may write to is refused, and so are programs that it names.
 *
 * @param folder where a settings file may be, and what relative paths start at
 * @throws SETTING_INVALID, FILE_UNTRUSTED, FILE_NOT_PERMITTED
 *
 * @example
 * import { readSettings } from "forecastlab";
 *
 * const settings = await readSettings(process.env, process.cwd());
 * console.log(settings.home); // /home/me/shop/.forecastlab
 */
export async function readSettings(environment: NodeJS.ProcessEnv, folder: string): Promise<Settings> {
  const given = { environment, folder };
  kinds.requireArguments("readSettings", given, { environment: kinds.object, folder: kinds.text });
  const file = await readSettingsFile(folder);
  const databaseUrl = environment.DATABASE_URL || file.databaseUrl || undefined;
  if (databaseUrl !== undefined)
    parseConnectionString(databaseUrl, environment.DATABASE_URL ? "DATABASE_URL" : "databaseUrl");
  const postgresBin = environment.FORECASTLAB_POSTGRES_BIN || file.postgresBin;
  if (file.postgresBin && !environment.FORECASTLAB_POSTGRES_BIN && databaseUrl === undefined)
    requireTrustedPrograms(resolve(folder, file.postgresBin));
  const migrations = environment.FORECASTLAB_MIGRATIONS || file.migrations;
  return {
    home: resolve(folder, environment.FORECASTLAB_HOME || file.home || ".forecastlab"),
    databaseUrl,
    postgresBin: postgresBin ? resolve(folder, postgresBin) : undefined,
    migrations: migrations ? resolve(folder, migrations) : undefined,
  };
}

async function readSettingsFile(folder: string): Promise<SettingsFile> {
  const name = fileNames.find((candidate) => existsSync(join(folder, candidate)));
  if (name === undefined) return {};
  // JSON is YAML. The parser is loaded only if there is a file, so that the command line starts fast.
  const [{ parse }, { z }] = await Promise.all([import("yaml"), import("zod")]);
  const source = readTrustedFile(join(folder, name));
  let content: unknown;
  try {
    content = parse(source) ?? {};
  } catch (error) {
    // The parser quotes the line that it fails at, which may hold a password: only the line's number is reported.
    const place = (error as { linePos?: { line: number }[] }).linePos?.[0]?.line;
    throw fail("SETTING_INVALID", { name, problem: `it is not YAML (line ${place ?? "?"})`, source: name });
  }
  const text = z.string().min(1).optional();
  const parsed = z
    .strictObject(Object.fromEntries(settingNames.map((known) => [known, text])))
    .safeParse(content);
  if (parsed.success) return parsed.data as SettingsFile;
  const issue = parsed.error.issues[0];
  const problem = issue?.code === "unrecognized_keys" ? unknown(issue.keys) : issue?.message;
  throw fail("SETTING_INVALID", {
    name: issue?.path.join(".") || name,
    problem: `${problem}; known are ${settingNames.join(", ")}`,
    source: name,
  });
}

/** `unknown name databaseurl (did you mean databaseUrl?)` */
function unknown(names: readonly string[]): string {
  const hints = names.flatMap((name) => didYouMean(name, settingNames) ?? []);
  return `unknown name ${names.join(", ")}${hints.length === 0 ? "" : ` (${hints.join(" ")})`}`;
}

/** The programs that the embedded server is started with, and their folder. */
function requireTrustedPrograms(folder: string): void {
  for (const path of ["", "initdb", "pg_ctl", "postgres"]) requireTrustedProgram(join(folder, path));
}
