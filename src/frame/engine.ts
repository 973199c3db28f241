import { availableParallelism } from "node:os";
import { type Engine, withEngine } from "../duckdb/engine.ts";

/** Leaves room for the rest of the process below 1.5 GB. Beyond it the engine spills. */
const memory_mb = 800;

/** DuckDB as frames use it: a frame is built and audited with the same settings. */
export function withFrameEngine<T>(
  signal: AbortSignal | undefined,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const withSettings = async (engine: Engine) => {
    // Several statistics share the count of a window. Frames have no TRY, so computing it once is safe.
    await engine.run("SET disabled_optimizers = ''");
    // With one thread, DuckDB 1.5 makes other row groups of the same rows.
    await engine.run(`SET threads = ${Math.max(2, availableParallelism())}`);
    return work(engine);
  };
  return withEngine(signal, withSettings, { memory_mb });
}
