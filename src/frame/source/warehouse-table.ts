/** A table of the warehouse that frames read. */
export type WarehouseTable = FactTable | DimensionTable;

/** Rows that happen on a day, or are planned from a day on. */
export interface FactTable {
  readonly name: string;
  /** The column of the day: of what happened, or on which a plan begins. */
  readonly day: string;
  /** Its rows are of a store as a whole, not of a product in it. */
  readonly ofStores?: true;
  readonly perturbation: Perturbation;
}

/** Rows that are used as they are now. */
export interface DimensionTable {
  readonly name: string;
  readonly day: null;
  /** Null: nothing in it is about later days. */
  readonly perturbation: Perturbation | null;
}

/** How the audit changes a table in a scratch copy: everything that concerns the days after a given day. */
export interface Perturbation {
  readonly kind: PerturbationKind;
  /** What it changes, in the plural: `prices`. */
  readonly changes: string;
  /** SQL; $1 is the day. Rows are changed beyond recognition, a third of them is deleted, and new ones are added. */
  readonly statements: readonly string[];
}

/** What happened after the day, what was planned to begin or end after it, or which days after it are holidays. */
export type PerturbationKind = "facts" | "plans" | "holidays";
