import { contractOf } from "../schema/contracts.ts";
import type { TableName } from "../schema/tables.ts";
import type { Engine } from "./engine.ts";
import { type CheckedPlan, checkExpressions } from "./expression.ts";
import { locateFiles } from "./files.ts";
import { type Format, type Layout, readLayouts } from "./layout.ts";
import { createInput } from "./map.ts";
import type { Mapping } from "./mapping.ts";
import { type LoadPlan, planLoad } from "./plan.ts";
import { createSourceTables } from "./read.ts";
import { createFaults } from "./rejects.ts";

/** A load about which everything is known that can be before its rows are read. */
export interface Prepared {
  readonly layouts: readonly Layout[];
  readonly plan: LoadPlan;
  readonly checked: CheckedPlan;
}

/**
 * Finds the files, reads their headers, plans the columns, checks the mapping's expressions, and makes the tables that
 * reading fills. From here on DuckDB reaches no other files.
 *
 * @throws every error of files, headers and mappings
 */
export async function prepare(
  engine: Engine,
  table: TableName,
  names: readonly string[],
  format: Format,
  mapping: Mapping | undefined,
): Promise<Prepared> {
  const files = await locateFiles(engine, names);
  const layouts = await readLayouts(files, format);
  const [first] = layouts as [Layout];
  const plan = planLoad(contractOf(table), { name: first.file.path, columns: first.columns }, mapping);
  await engine.confine(files.map(({ absolute }) => absolute));
  await createFaults(engine);
  await createSourceTables(engine, first.columns);
  const paths = files.map(({ path }) => path);
  await createInput(engine, plan, paths, first.columns);
  return { layouts, plan, checked: await checkExpressions(engine, plan, first.columns) };
}
