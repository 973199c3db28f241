import { readdirSync } from "node:fs";
import { join } from "node:path";
import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import type { Column, FrameKind } from "../columns.ts";
import type { Difference } from "./report.ts";

/** A frame that was computed, as Parquet files in the engine's folder: one per frame and block. */
export interface FrameFiles {
  readonly name: string;
  readonly columns: readonly Column[];
}

export const pathOf = (engine: Engine, name: string, frame: FrameKind, block: number) =>
  join(engine.folder, `${name}-${frame}-${block}.parquet`);

export const filesOf = ({ folder }: Engine, name: string, frame: FrameKind) =>
  readdirSync(folder)
    .filter((file) => file.startsWith(`${name}-${frame}-`))
    .map((file) => join(folder, file));

/** The rows in which a column must not change: all, none, or those up to a day. */
export type Invariant = (column: Column, frame: FrameKind) => "all" | "none" | { readonly upTo: string };

export interface Comparison {
  /** Rows that both frames have. */
  readonly rows: number;
  readonly cells: number;
  readonly differing: readonly Difference[];
}

/**
 * Compares two frames cell by cell.
 *
 * @param options.sameRows whether both must have the same rows
 */
export async function compareFrames(
  engine: Engine,
  [before, after]: readonly [FrameFiles, FrameFiles],
  frame: FrameKind,
  { invariant, sameRows }: { readonly invariant: Invariant; readonly sameRows: boolean },
): Promise<Comparison> {
  const relation = ({ name }: FrameFiles) =>
    `read_parquet([${filesOf(engine, name, frame).map(quoteLiteral).join(", ")}])`;
  const columns = before.columns.filter(
    (column) =>
      column.frames.includes(frame) && column.class !== "key" && invariant(column, frame) !== "none",
  );
  const joined = `
    FROM ${relation(before)} AS before
    FULL JOIN ${relation(after)} AS after ON after.unique_id = before.unique_id AND after.ds = before.ds`;
  const inBoth = "before.unique_id IS NOT NULL AND after.unique_id IS NOT NULL";
  const inOne = "before.unique_id IS NULL OR after.unique_id IS NULL";
  const within = (column: Column) => {
    const scope = invariant(column, frame);
    return typeof scope === "string" ? "true" : `before.ds <= DATE ${quoteLiteral(scope.upTo)}`;
  };
  const differs = ({ name }: Column) => {
    const column = quoteIdentifier(name);
    return `before.${column} IS DISTINCT FROM after.${column}`;
  };
  const [counts = {}] = await engine.rows<Record<string, number>>(`
    SELECT
      count(*) FILTER (${inBoth}) AS both,
      count(*) FILTER (${inOne}) AS one
      ${columns
        .map(
          (column, index) => `,
      count(*) FILTER (${inBoth} AND ${within(column)}) AS cells_${index},
      count(*) FILTER (${inBoth} AND ${within(column)} AND ${differs(column)}) AS differing_${index}`,
        )
        .join("")}
    ${joined}
  `);
  const differing: Difference[] = [];
  const find = async (column: string, rows: number, condition: string, value: (side: string) => string) => {
    const [example] = await engine.rows<Difference["example"]>(`
      SELECT
        coalesce(before.unique_id, after.unique_id) AS unique_id,
        strftime(coalesce(before.ds, after.ds), '%Y-%m-%d') AS ds,
        ${value("before")} AS before,
        ${value("after")} AS after
      ${joined}
      WHERE ${condition}
      ORDER BY unique_id, ds
      LIMIT 1
    `);
    if (example !== undefined) differing.push({ frame, column, rows, example });
  };
  if (sameRows && (counts.one ?? 0) > 0) {
    await find(
      "(row)",
      counts.one ?? 0,
      inOne,
      (side) => `CASE WHEN ${side}.unique_id IS NOT NULL THEN 'there' END`,
    );
  }
  let cells = 0;
  for (const [index, column] of columns.entries()) {
    cells += counts[`cells_${index}`] ?? 0;
    const rows = counts[`differing_${index}`] ?? 0;
    const value = (side: string) => `${side}.${quoteIdentifier(column.name)}::VARCHAR`;
    if (rows > 0) {
      await find(column.name, rows, `${inBoth} AND ${within(column)} AND ${differs(column)}`, value);
    }
  }
  return { rows: counts.both ?? 0, cells, differing };
}
