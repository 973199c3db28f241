import type { Engine } from "./engine.ts";

/** How often the memory is looked at: a function of DuckDB makes some 10 MB in this time. */
const interval_ms = 25;

/**
 * Runs the work, and interrupts DuckDB when the memory of this process has grown by more than the limit since it began. DuckDB
 * counts its tables and buffers itself, but neither the texts and lists that functions make of a row, nor the state of some
 * aggregates. An interruption takes effect when the function ends that DuckDB is calculating for some 2000 rows.
 *
 * @param exceeded makes the error for it
 */
export async function withMemoryLimit<T>(
  engine: Engine,
  limit_mb: number,
  exceeded: (cause: unknown) => Error,
  work: () => Promise<T>,
): Promise<T> {
  const most = process.memoryUsage.rss() + limit_mb * 1e6;
  let over = false;
  const timer = setInterval(() => {
    over ||= process.memoryUsage.rss() > most;
    // Repeated, because an interruption between two statements is lost.
    if (over) engine.interrupt();
  }, interval_ms);
  try {
    return await work();
  } catch (error) {
    throw over && !engine.signal?.aborted ? exceeded(error) : error;
  } finally {
    clearInterval(timer);
  }
}
