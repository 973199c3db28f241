import { tables } from "../engine-tables.ts";
import { includes, lambdaParameters, type Node } from "./expression-nodes.ts";
import { sizeProblem } from "./expression-size.ts";

/** What an expression must not hold: it makes one value of one record, and not without bound. */
export function refusal(nodes: readonly Node[], sources: readonly string[]): string | undefined {
  const parameters = lambdaParameters(nodes);
  for (const node of nodes) {
    const what = forbidden[node.class ?? ""];
    if (what !== undefined) return `it holds ${what}`;
    if (node.class === "COLUMN_REF") {
      const problem = referenceProblem(node, sources, parameters);
      if (problem !== undefined) return problem;
    }
  }
  return sizeProblem(nodes);
}

const forbidden: Readonly<Record<string, string>> = {
  SUBQUERY: "a subquery",
  STAR: "* or COLUMNS",
  PARAMETER: "a parameter",
  POSITIONAL_REFERENCE: "a position such as #1; name the column",
};

/** Expressions see columns, not the engine's tables and row numbers. */
function referenceProblem(
  { column_names: names = [] }: Node,
  sources: readonly string[],
  parameters: ReadonlySet<string>,
): string | undefined {
  const [first = "", ...rest] = names;
  if (includes(sources, first) || parameters.has(first.toLowerCase())) return undefined;
  if (rest.length > 0) return `it names a table, ${first}; write the column alone: ${rest.at(-1)}`;
  const lower = first.toLowerCase();
  if (lower === "_seq" || lower === "rowid") {
    return `it holds ${first}, an internal row number; _record is the number of the record in its file`;
  }
  if (lower === tables.input || lower === "unnamed_subquery") return `it names a table, ${first}`;
  return undefined;
}
