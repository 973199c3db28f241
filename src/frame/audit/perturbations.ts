import { frameTables } from "../source/frame-tables.ts";
import type { Perturbation, PerturbationKind, WarehouseTable } from "../source/warehouse-table.ts";

/** What the audit does to the tables of frames for one kind of later knowledge. */
export interface TablePerturbations {
  /** SQL on a scratch copy, in its order; $1 is the day after which it changes everything. */
  readonly statements: readonly string[];
  /** What is changed, in words: `prices and promotions`. */
  readonly of: string;
}

/** The perturbations of all tables, each table's once, however many drivers read it. */
export function perturbationsOf(
  kind: PerturbationKind,
  tables: readonly WarehouseTable[] = frameTables(),
): TablePerturbations {
  const perturbations = tables.flatMap(({ perturbation }) => (isOf(kind, perturbation) ? perturbation : []));
  return {
    statements: perturbations.flatMap(({ statements }) => statements),
    of: listed(perturbations.map(({ of }) => of)),
  };
}

/** Whether a driver reads a table whose perturbations are of a kind, so that its columns may change with it. */
export const readsOf = (kind: PerturbationKind, { reads }: { readonly reads: readonly WarehouseTable[] }) =>
  reads.some(({ perturbation }) => isOf(kind, perturbation));

const isOf = (kind: PerturbationKind, perturbation: Perturbation | null): perturbation is Perturbation =>
  perturbation?.kind === kind;

const listed = (names: readonly string[]) =>
  new Intl.ListFormat("en-GB", { type: "conjunction" }).format(names);
