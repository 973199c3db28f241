import type { Engine } from "../duckdb/engine.ts";
import { contractOf } from "../schema/contracts.ts";
import type { TableName } from "../schema/tables.ts";
import { type LoadPlan, planLoad, refersToPlaces } from "./load-plan.ts";
import type { Mapping } from "./mapping.ts";
import { refuseBinary } from "./rows/binary-columns.ts";
import { type CheckedPlan, checkExpressions } from "./rows/expressions.ts";
import { createRejectReasons } from "./rows/rejects.ts";
import { readLayouts } from "./source/headers.ts";
import type { Format, Layout } from "./source/layout.ts";
import type { SourceFile } from "./source/source-file.ts";
import { createSourceTables } from "./source/source-tables.ts";
import { targetsOf } from "./target-columns.ts";

/** What is known of a load before its rows are read. */
export interface PreparedLoad {
  readonly layouts: readonly Layout[];
  readonly plan: LoadPlan;
  readonly checked: CheckedPlan;
}

/**
 * Reads the headers of the files, plans the columns, checks the expressions of the mapping, and makes the tables that reading
 * fills. From here on DuckDB can read no other files.
 *
 * @throws every error of files, headers and mappings
 */
export async function prepare(
  engine: Engine,
  table: TableName,
  files: readonly SourceFile[],
  format: Format,
  mapping: Mapping | undefined,
): Promise<PreparedLoad> {
  const layouts = await readLayouts(engine, files, format);
  const [first] = layouts as [Layout];
  const contract = contractOf(table);
  const targets = new Set(targetsOf(contract).map(({ input }) => input));
  // Folders are often partitioned by keys that the table has no column for; a mapping may still read them.
  const columns = first.columns.filter(
    (name) => !first.constants.has(name) || targets.has(name.toLowerCase()),
  );
  const plan = planLoad(contract, { name: first.file.path, columns }, mapping);
  await engine.confine(files.map(({ absolute }) => absolute));
  await createRejectReasons(engine);
  await createSourceTables(engine, first.columns, refersToPlaces(plan));
  const checked = await checkExpressions(engine, plan, first.columns);
  refuseBinary(layouts, checked);
  return { layouts, plan, checked };
}
