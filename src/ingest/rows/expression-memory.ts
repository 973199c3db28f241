import type { Engine } from "../../duckdb/engine.ts";
import { withMemoryLimit } from "../../duckdb/memory-watch.ts";
import { fail } from "../../errors.ts";
import { bytesText } from "../../system/numbers.ts";
import type { LoadPlan } from "../load-plan.ts";

/** Megabytes by which a load may grow while the expressions of its mapping are calculated. */
const limit_mb = 1500;

/**
 * Runs the work that calculates the expressions of a plan. Without any it is not watched.
 *
 * @throws MAPPING_MEMORY_EXCEEDED
 */
export async function withExpressionMemory<T>(
  engine: Engine,
  plan: LoadPlan,
  work: () => Promise<T>,
  limit = limit_mb,
): Promise<T> {
  const columns = calculated(plan);
  if (columns.length === 0) return work();
  const exceeded = (cause: unknown) =>
    fail("MAPPING_MEMORY_EXCEEDED", { columns: columns.join(", "), limit: bytesText(limit * 1e6) }, cause);
  return withMemoryLimit(engine, limit, exceeded, work);
}

/** What of a mapping is more than the name of a column, as its keys. */
function calculated({ columns, filter }: LoadPlan): string[] {
  const isName = (expression: string) => /^\s*(\w+|"[^"]+")\s*$/.test(expression);
  return [
    ...columns.filter(({ mapped, expression }) => mapped && !isName(expression)).map(({ input }) => input),
    ...columns.flatMap(({ aggregate, input }) => (aggregate === undefined ? [] : [`collapse.${input}`])),
    ...(filter === undefined ? [] : ["filter"]),
  ];
}
