import type { ColumnKind, Reference, TableContract } from "../schema/contracts.ts";

/** A column of a table as files and mappings give it: natural keys in place of surrogate keys. */
export interface Target {
  /** Its name in files and mappings: `store_code`. */
  readonly input: string;
  /** Its name in the table: `store_id`. */
  readonly column: string;
  readonly kind: ColumnKind;
  readonly maxLength?: number;
  readonly precision?: number;
  readonly scale?: number;
  /** Every load must give it. */
  readonly required: boolean;
  /** Its value may be empty. */
  readonly nullable: boolean;
  readonly inGrain: boolean;
  /** The dimension that the value must be in. */
  readonly reference?: Reference;
  /** SQL of how it follows from other columns when it is not given. */
  readonly derived?: string;
}

/** The columns that a load may give, in the table's order. */
export function targetsOf(contract: TableContract): Target[] {
  const references = new Map(contract.references.map((reference) => [reference.column, reference]));
  return contract.columns.map(({ name, sqlType: _, ...column }): Target => {
    const reference = references.get(name);
    const derived = contract.derived[name];
    return {
      ...column,
      input: reference?.input ?? name,
      column: name,
      kind: reference === undefined || reference.dimension === "calendar" ? column.kind : "text",
      inGrain: contract.grain.includes(name),
      ...(reference === undefined ? {} : { reference }),
      ...(derived === undefined ? {} : { derived }),
    };
  });
}
