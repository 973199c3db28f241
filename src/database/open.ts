import { type Database, databaseOf } from "./address.ts";
import type { Settings } from "./settings.ts";

/**
 * Runs the work against the warehouse's server: the one of DATABASE_URL, or the embedded one, which is started if
 * it does not run yet and stopped again unless another command uses it or `db start` left it running.
 */
export async function withDatabase<T>(
  settings: Settings,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  if (settings.databaseUrl !== undefined) return work(databaseOf(settings.databaseUrl));
  const { withEmbeddedServer } = await import("./embedded/index.ts");
  return withEmbeddedServer(settings, work);
}
