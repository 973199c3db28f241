import type { ModelChange } from "./change.ts";
import { columns } from "./columns.ts";
import { constraints } from "./constraints.ts";
import { indexes } from "./indexes.ts";
import { others } from "./others.ts";
import { tables } from "./tables.ts";

export type { ModelChange };

/** Every change of a model the diff is tried on. */
export const modelChanges: readonly ModelChange[] = [
  ...tables,
  ...columns,
  ...constraints,
  ...indexes,
  ...others,
];
