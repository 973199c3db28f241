import { notYet } from "./not-yet.ts";
import type { Rule } from "./rule.ts";
import { withLimits } from "./with-limits.ts";

/** Those that make a series "not yet" fit come first. A reason that follows from another one is not given too. */
export const rules: readonly Rule[] = [...notYet, ...withLimits];

/* The reasons of a series as a whole number: one bit for each of {@link rules}, in their order. */

export const bitsOf = (status: Rule["status"]): number =>
  rules.reduce((bits, rule, index) => bits + (rule.status === status ? 2 ** index : 0), 0);

export const rulesIn = (bits: number): Rule[] => rules.filter((_, index) => (bits & (1 << index)) !== 0);

/** The reasons that there are, those of "not yet" first: what each is, and what a series with it is at best. */
export const readinessReasons: readonly Pick<Rule, "code" | "status" | "what">[] = rules.map(
  ({ code, status, what }) => ({ code, status, what }),
);
