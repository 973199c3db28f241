import { fail } from "../errors.ts";
import type { TableContract } from "../schema/contracts.ts";

/**
 * What happens to rows of one grain that differ within a load: all of them are rejected, the first or the last of them (by the
 * order of files and records) is kept, or their additive measures are summed. Rows that are equal become one; only `sum` adds
 * them up too.
 */
export const duplicatePolicies = ["reject", "first", "last", "sum"] as const;
export type DuplicatePolicy = (typeof duplicatePolicies)[number];

/** @throws DUPLICATE_POLICY_INVALID if rows are to be summed and the table has no additive measures */
export function requirePolicy(contract: TableContract, policy: DuplicatePolicy): void {
  if (policy !== "sum" || contract.additive !== undefined) return;
  const valid = duplicatePolicies.filter((name) => name !== "sum").join(", ");
  throw fail("DUPLICATE_POLICY_INVALID", { table: contract.name, policy, valid });
}
