import { fail } from "../../errors.ts";
import { findRevision, type Revision } from "../revisions/revisions.ts";

/** One revision to run in one direction. */
export interface Step {
  readonly revision: Revision;
  readonly direction: "up" | "down";
}

/** `head`, `+N`, or a revision: its id or the beginning of it, if only one id begins so. */
export type UpgradeTarget = string;

/** `base`, `-N`, or a revision as in {@link UpgradeTarget}; the revisions after it are reverted. */
export type DowngradeTarget = string;

/**
 * How many revisions of the chain are applied at a place in it: `base`, `head`, or a revision.
 *
 * @throws REVISION_UNKNOWN, REVISION_AMBIGUOUS
 */
export function countUpTo(chain: readonly Revision[], name: string): number {
  if (name === "base") return 0;
  return name === "head" ? chain.length : chain.indexOf(findRevision(chain, name)) + 1;
}

/**
 * The steps of an upgrade, in the order in which they run; none if the target is applied already.
 *
 * @param appliedCount how many revisions are applied, counted from the start of the chain
 * @throws REVISION_UNKNOWN, REVISION_AMBIGUOUS, REVISION_OUT_OF_REACH
 */
export function upgradeSteps(
  chain: readonly Revision[],
  appliedCount: number,
  target: UpgradeTarget,
): Step[] {
  return chain
    .slice(appliedCount, endOfUpgrade(chain, appliedCount, target))
    .map((revision) => ({ revision, direction: "up" }));
}

function endOfUpgrade(chain: readonly Revision[], appliedCount: number, target: UpgradeTarget): number {
  if (target === "head") return chain.length;
  const distance = /^\+(\d+)$/.exec(target)?.[1];
  if (distance === undefined) return chain.indexOf(findRevision(chain, target)) + 1;
  const end = appliedCount + Number(distance);
  if (end <= chain.length) return end;
  const left = chain.length - appliedCount;
  throw fail("REVISION_OUT_OF_REACH", {
    problem: `${target} goes past the head: ${count(left)} to apply`,
  });
}

/**
 * The steps of a downgrade, in the order in which they run: the last revision first.
 *
 * @param appliedCount how many revisions are applied, counted from the start of the chain
 * @throws REVISION_UNKNOWN, REVISION_AMBIGUOUS, REVISION_OUT_OF_REACH
 */
export function downgradeSteps(
  chain: readonly Revision[],
  appliedCount: number,
  target: DowngradeTarget,
): Step[] {
  return chain
    .slice(endOfDowngrade(chain, appliedCount, target), appliedCount)
    .reverse()
    .map((revision) => ({ revision, direction: "down" }));
}

function endOfDowngrade(chain: readonly Revision[], appliedCount: number, target: DowngradeTarget): number {
  if (target === "base") return 0;
  const distance = /^-(\d+)$/.exec(target)?.[1];
  const end =
    distance === undefined ? chain.indexOf(findRevision(chain, target)) + 1 : appliedCount - Number(distance);
  if (end >= 0 && end <= appliedCount) return end;
  throw fail("REVISION_OUT_OF_REACH", {
    problem:
      end < 0
        ? `${target} goes below base: ${count(appliedCount)} applied`
        : `${chain[end - 1]?.id} is not applied, so a downgrade cannot end there`,
  });
}

const count = (n: number) => (n === 1 ? "1 revision is" : `${n} revisions are`);
