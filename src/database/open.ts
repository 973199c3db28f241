import * as kinds from "../system/arguments.ts";
import { type Database, databaseOf } from "./address.ts";
import type { Settings } from "./settings.ts";

/**
 * Runs the work with the warehouse's database: that of DATABASE_URL, or that of the embedded server. The embedded server is
 * started if it is not running, and stopped afterwards unless another process uses it or `db start` keeps it running.
 *
 * @param settings from {@link readSettings}
 * @throws EMBEDDED_* if the embedded server cannot be started, and what the work throws
 *
 * @example
 * import { loadRuns, readSettings, withDatabase } from "forecastlab";
 *
 * const settings = await readSettings(process.env, process.cwd());
 * const loads = await withDatabase(settings, (database) => loadRuns(database));
 */
export async function withDatabase<T>(
  settings: Settings,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const given = { settings, work };
  kinds.requireArguments("withDatabase", given, { settings: kinds.object, work: kinds.callback });
  if (settings.databaseUrl !== undefined) return work(databaseOf(settings.databaseUrl));
  const { withEmbeddedServer } = await import("./embedded/index.ts");
  return withEmbeddedServer(settings, work);
}
