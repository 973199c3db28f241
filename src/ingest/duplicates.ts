import { quoteIdentifier } from "../database/identifiers.ts";
import type { Engine } from "./engine.ts";
import type { LoadPlan, PlannedColumn } from "./plan.ts";

/** The view `accepted`: rows of `candidate` that are neither rejected nor `repeated`, as they are known by then. */
export async function createAccepted(engine: Engine): Promise<void> {
  await engine.run("CREATE TABLE repeated (seq BIGINT)");
  await engine.run(`
    CREATE VIEW accepted AS
    SELECT * FROM candidate
    ANTI JOIN fault ON candidate._seq = fault.seq
    ANTI JOIN repeated ON candidate._seq = repeated.seq
  `);
}

/**
 * Finds rows of one grain. Where all of them are equal the first stays and the others are `repeated`; where they differ all
 * of them are rejected, each told of the first that differs from it.
 *
 * @returns how many rows are repeated
 */
export async function findDuplicates(engine: Engine, plan: LoadPlan): Promise<number> {
  const grain = plan.columns.filter(({ inGrain }) => inGrain).map(quoted);
  const values = plan.columns.filter(({ inGrain }) => !inGrain).map(quoted);
  await engine.run(`
    CREATE TABLE shared_grain AS
    SELECT ${grain.join(", ")} FROM accepted GROUP BY ALL HAVING count(*) > 1
  `);
  if ((await engine.count("SELECT count(*) FROM shared_grain")) === 0) return 0;
  const same = grain.map((name) => `accepted.${name} IS NOT DISTINCT FROM shared_grain.${name}`);
  const shown = plan.columns.filter(({ inGrain }) => inGrain).map(({ input }) => quoteIdentifier(input));
  await engine.run(`
    CREATE TABLE twin AS
    WITH member AS (
      SELECT accepted.* FROM accepted SEMI JOIN shared_grain ON ${same.join(" AND ")}
    ), alike AS (
      SELECT _seq, ${grain.join(", ")}, concat_ws(', ', ${shown.join(", ")}) AS shown,
        min(_seq) OVER (PARTITION BY ${[...grain, ...values].join(", ")}) AS first_alike
      FROM member
    ), compared AS (
      SELECT *, min(_seq) OVER whole AS first_of_all
      FROM alike
      WINDOW whole AS (PARTITION BY ${grain.join(", ")})
    )
    SELECT _seq, shown, first_of_all,
      min(CASE WHEN first_alike <> first_of_all THEN first_alike END)
        OVER (PARTITION BY ${grain.join(", ")}) AS first_other,
      first_alike
    FROM compared
  `);
  const repeated = await engine.count(`
    INSERT INTO repeated SELECT _seq FROM twin WHERE first_other IS NULL AND _seq <> first_of_all
  `);
  await engine.run(`
    INSERT INTO fault
    SELECT twin._seq, NULL, NULL, 0, '${grainOf(plan)}', 'DUPLICATE_GRAIN', twin.shown,
      'record ' || place._record || ' of ' || place._file || ' has the same grain and other values'
    FROM twin
    JOIN place ON place._seq = CASE WHEN first_alike = first_of_all THEN first_other ELSE first_of_all END
    WHERE first_other IS NOT NULL
  `);
  return repeated;
}

const quoted = ({ column }: PlannedColumn) => quoteIdentifier(column);

/** `date, store_code, sku` */
export function grainOf(plan: LoadPlan): string {
  return plan.contract.inputGrain.join(", ");
}
