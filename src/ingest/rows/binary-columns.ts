import { fail } from "../../errors.ts";
import type { Layout } from "../source/layout.ts";
import type { CheckedPlan } from "./expressions.ts";

/**
 * Refuses binary columns of Parquet files that an expression of the load refers to: they have no text.
 *
 * @throws COLUMN_IS_BINARY
 */
export function refuseBinary(layouts: readonly Layout[], { columns, filter }: CheckedPlan): void {
  const expressions = [...columns.values(), ...(filter === undefined ? [] : [filter])];
  const used = new Set(
    expressions.flatMap((expression) => expression.columns.map((name) => name.toLowerCase())),
  );
  for (const layout of layouts) {
    if (layout.kind !== "parquet") continue;
    const column = layout.fileColumns.find(
      (name, index) => layout.types[index] === "BLOB" && used.has(name.toLowerCase()),
    );
    if (column !== undefined) throw fail("COLUMN_IS_BINARY", { column, path: layout.file.path });
  }
}
