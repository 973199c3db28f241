import type { ModelChange } from "./change.ts";
import { columns } from "./columns.ts";
import { constraints } from "./constraints.ts";
import { indexes } from "./indexes.ts";
import { others } from "./others.ts";
import { tables } from "./tables.ts";

export type { ModelChange };

/** The changes of a model that revisions are generated for. */
export const modelChanges: readonly ModelChange[] = [
  ...tables,
  ...columns,
  ...constraints,
  ...indexes,
  ...others,
];
