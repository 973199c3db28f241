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
  requireColumns(
    given.map(({ name }) => name),
    targets,
    contract,
    origin,
  );
  const chosen = new Map(given.map((column) => [column.name.toLowerCase(), column]));
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

/** Requires that all columns are of the table and none is missing. All that are wrong are named at once. */
function requireColumns(
  names: readonly string[],
  targets: readonly Target[],
  contract: TableContract,
  source: string,
): void {
  const inputs = targets.map(({ input }) => input);
  const known = new Set(inputs);
  const inputOf = new Map(targets.map(({ column, input }) => [column, input]));
  const wrong = names.filter((name) => !known.has(name.toLowerCase()));
  const given = new Set(names.map((name) => name.toLowerCase()));
  const ids = wrong.filter((name) => inputOf.has(name.toLowerCase()));
  const instead = ids.map((name) => inputOf.get(name.toLowerCase()) as string);
  const hints = wrong.slice(0, maxShown).map((name) => {
    const input = inputOf.get(name.toLowerCase());
    return { name, hint: input === undefined ? didYouMean(name, inputs) : `give ${input} instead` };
  });
  const hinted = new Set(hints.flatMap(({ hint }) => hint?.match(/\w+/g) ?? []));
  const missing = targets
    .filter(({ required, input }) => required && !given.has(input))
    .map(({ input }) => input);
  const lacking = missing.filter((input) => !hinted.has(input));
  const alsoMissing = lacking.length === 0 ? "" : `; it has no ${lacking.join(", ")}`;
  if (wrong.length > ids.length) {
    const helpful = hints.filter(({ hint }) => hint !== undefined);
    const nearest =
      wrong.length === 1
        ? helpful.map(({ hint }) => hint)
        : helpful.map(({ name, hint }) => `${name}: ${hint}`);
    throw fail("COLUMN_UNKNOWN", {
      source,
      columns: `the ${wrong.length === 1 ? "column" : "columns"} ${listed(wrong)}`,
      table: contract.name,
      nearest: nearest.length === 0 ? "" : ` (${nearest.join("; ")})`,
      missing: alsoMissing,
      valid: inputs.join(", "),
    });
  }
  if (ids.length > 0) {
    throw fail("COLUMN_IS_ID", {
      source,
      column: ids.join(", "),
      input: instead.join(", "),
      missing: alsoMissing,
    });
  }
  if (missing.length === 0) return;
  throw fail("COLUMN_MISSING", {
    source,
    columns: missing.join(", "),
    table: contract.name,
    present: listed(names),
  });
}

/** So many names are shown in a message. */
const maxShown = 20;

function listed(names: readonly string[]): string {
  const more = names.length - maxShown;
  return names.slice(0, maxShown).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function requireCollapsible(
  mapping: Mapping,
  collapse: Record<string, string>,
  targets: readonly Target[],
): void {
  const problems = Object.keys(collapse).flatMap((name) => {
    const target = targets.find(({ input }) => input === name);
    if (target === undefined || !Object.hasOwn(mapping.columns, name)) {
      return [`collapse.${name} is none of its columns`];
    }
    return target.inGrain ? [`collapse.${name} is part of the grain, which rows are grouped by`] : [];
  });
  if (problems.length === 0) return;
  throw fail("MAPPING_INVALID", { path: mapping.path, problem: problems.slice(0, maxShown).join("; ") });
}
