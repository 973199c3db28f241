import { quoteIdentifier } from "../database/identifiers.ts";
import { fail } from "../errors.ts";
import type { TableContract } from "../schema/contracts.ts";
import { didYouMean } from "../system/did-you-mean.ts";
import type { Mapping } from "./mapping.ts";
import { type Target, targetsOf } from "./target-columns.ts";

/** A column that a load writes. */
export interface PlannedColumn extends Target {
  /** SQL over the source's columns. */
  readonly expression: string;
  /** Whether a user wrote the expression; else it is a source column or NULL, which cannot fail. */
  readonly mapped: boolean;
  /** SQL over the load's columns of how rows of one grain become one value. */
  readonly aggregate?: string;
}

/** How the columns of the source become those of the table; planned without reading rows. */
export interface LoadPlan {
  readonly contract: TableContract;
  readonly columns: readonly PlannedColumn[];
  /** SQL condition over the source's columns. */
  readonly filter?: string;
  /** Whether rows of one grain are aggregated into one. */
  readonly collapse: boolean;
}

/**
 * Plans the columns of a load: those of the files, or those that a mapping makes of them.
 *
 * @param source the columns of the files, and how messages name the files
 * @throws COLUMN_UNKNOWN, COLUMN_MISSING, COLUMN_IS_ID, MAPPING_INVALID
 */
export function planLoad(
  contract: TableContract,
  source: { name: string; columns: readonly string[] },
  mapping?: Mapping,
): LoadPlan {
  const targets = targetsOf(contract);
  const origin = mapping === undefined ? source.name : `The mapping ${mapping.path}`;
  const given: Given[] =
    mapping === undefined
      ? source.columns.map((name) => ({ name, expression: quoteIdentifier(name), mapped: false }))
      : Object.entries(mapping.columns).map(([name, expression]) => ({ name, expression, mapped: true }));
  const chosen = new Map<string, Given>();
  for (const column of given) chosen.set(requireTarget(column.name, targets, contract, origin).input, column);
  requireComplete(chosen, targets, contract, origin);
  const aggregates = mapping?.collapse ?? {};
  if (mapping?.collapse !== undefined) requireCollapsible(mapping, mapping.collapse, targets);
  return {
    contract,
    columns: targets.flatMap((target): PlannedColumn[] => {
      const { input, inGrain, derived } = target;
      const aggregate = aggregates[input];
      const own = chosen.get(input);
      if (own !== undefined) {
        const { expression, mapped } = own;
        return [{ ...target, expression, mapped, ...(aggregate === undefined ? {} : { aggregate }) }];
      }
      // A column of the grain is empty (of a price: the whole chain), or it follows from other columns.
      if (inGrain || derived !== undefined) return [{ ...target, expression: "NULL", mapped: false }];
      return [];
    }),
    ...(mapping?.filter === undefined ? {} : { filter: mapping.filter }),
    collapse: mapping?.collapse !== undefined,
  };
}

/** Whether an expression refers to the place of its row: `_file` or `_record`. */
export function refersToPlaces({ columns, filter }: LoadPlan): boolean {
  const expressions = columns.flatMap(({ expression, aggregate }) => [expression, aggregate]);
  return /_(file|record)\b/i.test([filter, ...expressions].join("\n"));
}

interface Given {
  readonly name: string;
  readonly expression: string;
  readonly mapped: boolean;
}

function requireTarget(
  name: string,
  targets: readonly Target[],
  contract: TableContract,
  source: string,
): Target {
  const found = targets.find(({ input }) => input === name.toLowerCase());
  if (found !== undefined) return found;
  const lookedUp = targets.find(({ column }) => column === name.toLowerCase());
  if (lookedUp !== undefined) throw fail("COLUMN_IS_ID", { source, column: name, input: lookedUp.input });
  const inputs = targets.map(({ input }) => input);
  const hint = didYouMean(name, inputs);
  throw fail("COLUMN_UNKNOWN", {
    source,
    column: name,
    table: contract.name,
    nearest: hint === undefined ? "" : ` (${hint})`,
    valid: inputs.join(", "),
  });
}

function requireComplete(
  chosen: ReadonlyMap<string, Given>,
  targets: readonly Target[],
  contract: TableContract,
  source: string,
): void {
  const missing = targets.filter(({ required, input }) => required && !chosen.has(input));
  if (missing.length === 0) return;
  throw fail("COLUMN_MISSING", {
    source,
    columns: missing.map(({ input }) => input).join(", "),
    table: contract.name,
    present: [...chosen.values()].map(({ name }) => name).join(", "),
  });
}

function requireCollapsible(
  mapping: Mapping,
  collapse: Record<string, string>,
  targets: readonly Target[],
): void {
  for (const name of Object.keys(collapse)) {
    const target = targets.find(({ input }) => input === name);
    const problem =
      target === undefined || !Object.hasOwn(mapping.columns, name)
        ? `collapse.${name} is none of its columns`
        : target.inGrain
          ? `collapse.${name} is part of the grain, which rows are grouped by`
          : undefined;
    if (problem !== undefined) throw fail("MAPPING_INVALID", { path: mapping.path, problem });
  }
}
