import type { ColumnKind, Reference, TableContract } from "../schema/contracts.ts";

/** A column of a table as files and mappings give it: natural keys in place of ids. */
export interface Target {
  /** Its name in files and mappings: `store_code`. */
  readonly input: string;
  /** Its name in the table: `store_id`. */
  readonly column: string;
  readonly kind: ColumnKind;
  readonly maxLength?: number;
  readonly precision?: number;
  readonly scale?: number;
  /** Must be given by every load. */
  readonly required: boolean;
  /** May be empty. */
  readonly nullable: boolean;
  readonly inGrain: boolean;
  /** The dimension the value must be in. */
  readonly reference?: Reference;
  /** How it follows from other columns when it is not given. */
  readonly derived?: string;
}

/** The columns a load of the table may give, in the table's order. */
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
