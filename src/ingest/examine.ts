import { fail } from "../errors.ts";
import { applyChecks } from "./checks.ts";
import { collapse } from "./collapse.ts";
import { createAccepted, findDuplicates } from "./duplicates.ts";
import type { Engine } from "./engine.ts";
import { type CheckedPlan, reasonOf } from "./expression.ts";
import { failable, map, mapTolerantly } from "./map.ts";
import type { LoadPlan } from "./plan.ts";
import type { Prepared } from "./prepare.ts";
import type { ReadFile } from "./read.ts";
import { recordFaults, validation } from "./validate.ts";
import { rejectOverlaps } from "./windows.ts";

/** What the checks made of the rows: counts of the identity. */
export interface Examined {
  readonly source_rows: number;
  readonly filtered: number;
  readonly read: number;
  readonly duplicates: number;
}

/** Maps, types, looks up and compares the rows; afterwards `accepted` and `fault` say what becomes of each. */
export async function examineRows(
  engine: Engine,
  { plan, checked }: Prepared,
  files: readonly ReadFile[],
): Promise<Examined> {
  const structural = files.reduce((sum, { faulty }) => sum + faulty, 0);
  const sourceRows = files.reduce((sum, { records }) => sum + records, 0);
  await createKeyed(engine, plan, checked);
  const undecided = await engine.count(
    `SELECT count(*) FROM fault WHERE "column" = 'filter' AND seq IS NOT NULL`,
  );
  const read = structural + undecided + (await engine.count("SELECT count(*) FROM keyed"));
  let folded = 0;
  if (plan.collapse) folded = await collapse(engine, plan);
  else await engine.run("ALTER TABLE keyed RENAME TO candidate");
  await applyChecks(engine, plan);
  await createAccepted(engine);
  const repeated = await findDuplicates(engine, plan);
  await rejectOverlaps(engine, plan);
  return { source_rows: sourceRows, filtered: sourceRows - read, read, duplicates: folded + repeated };
}

/** Makes `keyed`: a row a mapped row, its values typed and its keys looked up, what is wrong with it in `fault`. */
async function createKeyed(engine: Engine, plan: LoadPlan, checked: CheckedPlan): Promise<void> {
  const validated = (tolerated: ReadonlySet<string>) =>
    plan.columns.map((column) => {
      const collapsing = column.aggregate !== undefined;
      return { column, collapsing, optional: collapsing, failable: tolerated.has(column.input) };
    });
  const attempt = async (tolerated: ReadonlySet<string>) => {
    await engine.run(`CREATE TABLE keyed AS ${validation("mapped", validated(tolerated))}`);
    await recordFaults(engine, "keyed", validated(tolerated));
  };
  try {
    await map(engine, plan, checked);
    await attempt(new Set());
  } catch (error) {
    const canFail = plan.filter !== undefined || plan.columns.some(({ mapped }) => mapped);
    if (!canFail || !isExpressionFailure(error)) throw error;
    await engine.run("DROP VIEW IF EXISTS mapped");
    await mapTolerantly(engine, plan, checked).catch((cause) => nameFailing(engine, checked, cause));
    await attempt(failable(plan, checked));
  }
}

/** DuckDB has no codes: these classes are what a function says of a value it cannot take. */
function isExpressionFailure(error: unknown): boolean {
  return error instanceof Error && /^(Conversion|Out of Range|Invalid Input) Error/.test(error.message);
}

/** An expression that cannot be tried row by row (a window function) fails the load: here it gets its name. */
async function nameFailing(engine: Engine, checked: CheckedPlan, cause: unknown): Promise<never> {
  if (!isExpressionFailure(cause)) throw cause;
  const expressions = new Map(checked.columns);
  if (checked.filter !== undefined) expressions.set("filter", checked.filter);
  for (const [column, { sql, tryable }] of expressions) {
    if (tryable) continue;
    try {
      await engine.run(`SELECT count(x) FROM (SELECT ${sql} AS x FROM input)`);
    } catch (error) {
      throw fail("MAPPING_EXPRESSION_FAILED", { column, problem: reasonOf(error) }, error);
    }
  }
  throw cause;
}
