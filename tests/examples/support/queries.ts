import { readFileSync } from "node:fs";

/** The queries of a file in examples/queries, in order, without their comments. */
export function exampleQueries(name: "kpi_sales" | "exog_join"): string[] {
  const text = readFileSync(new URL(`../../../examples/queries/${name}.sql`, import.meta.url), "utf8");
  return text
    .replaceAll(/--.*$/gm, "")
    .split(";")
    .map((query) => query.trim())
    .filter((query) => query !== "");
}
