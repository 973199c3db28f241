import type { Driver } from "../drivers/driver.ts";
import { frameTables } from "../source/frame-tables.ts";
import type { Perturbation, PerturbationKind, WarehouseTable } from "../source/warehouse-table.ts";

/** The perturbations of one kind, of all tables. */
export interface CombinedPerturbation {
  /** SQL on a scratch copy, in its order; $1 is the day after which it changes everything. */
  readonly statements: readonly string[];
  /** What is changed, in words: `prices and promotions`. */
  readonly changes: string;
}

export function perturbationsOf(
  kind: PerturbationKind,
  tables: readonly WarehouseTable[] = frameTables(),
): CombinedPerturbation {
  const perturbations = tables.flatMap(({ perturbation }) => (isOf(kind, perturbation) ? perturbation : []));
  return {
    statements: perturbations.flatMap(({ statements }) => statements),
    changes: listed(perturbations.map(({ changes }) => changes)),
  };
}

/** Whether a driver reads a table with a perturbation of this kind. */
export const isAffected = ({ reads }: Pick<Driver, "reads">, kind: PerturbationKind) =>
  reads.some(({ perturbation }) => isOf(kind, perturbation));

const isOf = (kind: PerturbationKind, perturbation: Perturbation | null): perturbation is Perturbation =>
  perturbation?.kind === kind;

const listed = (names: readonly string[]) =>
  new Intl.ListFormat("en-GB", { type: "conjunction" }).format(names);
