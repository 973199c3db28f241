import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import type { Check } from "../../schema/checks.ts";
import { tables } from "../engine-tables.ts";
import type { LoadPlan } from "../load-plan.ts";

/**
 * Rejects the rows of a relation that violate a CHECK of the table. As in SQL, a CHECK that is unknown because of a NULL
 * passes; so does one about a value that was rejected already, or about a column that the load does not give.
 */
export async function rejectCheckViolations(engine: Engine, plan: LoadPlan, relation: string): Promise<void> {
  const given = new Set(plan.columns.map(({ column }) => column));
  const checks = plan.contract.checks.filter(({ columns }) => columns.some((name) => given.has(name)));
  if (checks.length === 0) return;
  const missing = plan.contract.columns
    .filter(({ name }) => !given.has(name))
    .map(({ name, sqlType }) => `CAST(NULL AS ${sqlType}) AS ${quoteIdentifier(name)}`);
  const from = `(SELECT ${["*", ...missing].join(", ")} FROM ${relation})`;
  const violations = checks.map(
    (check, index) => `count(*) FILTER (WHERE NOT (${check.sql})) AS violations_${index}`,
  );
  const [counts] = await engine.rows<Record<string, number>>(`SELECT ${violations.join(", ")} FROM ${from}`);
  for (const [index, check] of checks.entries()) {
    if (counts?.[`violations_${index}`] === 0) continue;
    await engine.run(`
      INSERT INTO ${tables.rejectReason}
      SELECT _seq, NULL, NULL, ${plan.columns.length + 1 + index}, ${quoteLiteral(check.columns.join(", "))},
        'CHECK_FAILED', ${offendingValue(check)}, ${quoteLiteral(`${check.name}: ${check.sql}`)}
      FROM ${from}
      WHERE NOT (${check.sql})
    `);
  }
}

/** SQL of the value of the column that the check is about, or of several: `valid_from=…, valid_to=…`. */
function offendingValue({ columns }: Check): string {
  const text = (name: string) => `coalesce(CAST(${quoteIdentifier(name)} AS VARCHAR), '')`;
  const [first = ""] = columns;
  if (columns.length === 1) return text(first);
  return `concat_ws(', ', ${columns.map((name) => `${quoteLiteral(`${name}=`)} || ${text(name)}`).join(", ")})`;
}
