import type { DiffEngine } from "./drizzle-kit.ts";
import { formatStatement, unquoted } from "./format-statement.ts";
import { hintFor } from "./hints.ts";
import { isEqual, type Snapshot } from "./snapshot.ts";
import { waypoints } from "./waypoints.ts";

/** The statements that change one snapshot into another, in an order in which PostgreSQL can run them. */
export async function statementsBetween(
  engine: DiffEngine,
  source: Snapshot,
  target: Snapshot,
): Promise<string[]> {
  if (isEqual(source, target)) return [];
  const statements: string[] = [];
  const points = waypoints(source, target);
  for (const [index, from] of points.entries()) {
    const to = points[index + 1];
    if (to === undefined || isEqual(from, to)) continue;
    statements.push(
      ...(await engine.diff(from, to)).flatMap((statement) => formatStatement(statement) ?? []),
    );
  }
  return [...new Set([...statements, ...rowSecurity(source, target)])];
}

/** The text of a section of a revision: the statements, with comments above those that a person has to decide on. */
export async function sectionBetween(
  engine: DiffEngine,
  source: Snapshot,
  target: Snapshot,
): Promise<string> {
  const statements = await statementsBetween(engine, source, target);
  return statements
    .map((statement) => {
      const hint = hintFor(statement, source, target);
      return hint === undefined ? statement : `${hint}\n${statement}`;
    })
    .join("\n");
}

function rowSecurity(source: Snapshot, target: Snapshot): string[] {
  return Object.entries(target.tables).flatMap(([key, { name, isRLSEnabled, policies }]) => {
    const before = source.tables[key];
    const was = before !== undefined && (before.isRLSEnabled || Object.keys(before.policies).length > 0);
    const is = isRLSEnabled || Object.keys(policies).length > 0;
    if (is === was) return [];
    return [`ALTER TABLE ${unquoted(`"${name}"`)} ${is ? "ENABLE" : "DISABLE"} ROW LEVEL SECURITY;`];
  });
}
