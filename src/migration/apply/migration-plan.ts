import { fail } from "../../errors.ts";
import { findRevision, type Revision } from "../revisions/revisions.ts";

/** One revision to run in one direction. */
export interface Step {
  readonly revision: Revision;
  readonly direction: "up" | "down";
}

/** `head`, `+N`, or a revision (an unambiguous beginning of its id is enough). */
export type UpgradeTarget = string;

/** `base`, `-N`, or a revision: what is after it is taken back. */
export type DowngradeTarget = string;

/**
 * The steps from the applied revisions (a beginning of the chain) up to a target; none where it is reached already.
 *
 * @throws REVISION_UNKNOWN, REVISION_AMBIGUOUS, REVISION_OUT_OF_REACH
 */
export function planUpgrade(chain: readonly Revision[], appliedCount: number, target: UpgradeTarget): Step[] {
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
 * The steps from the applied revisions (a beginning of the chain) down to a target, the last one first.
 *
 * @throws REVISION_UNKNOWN, REVISION_AMBIGUOUS, REVISION_OUT_OF_REACH
 */
export function planDowngrade(
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
        : `${chain[end - 1]?.id} is not applied, so there is no way down to it`,
  });
}

const count = (n: number) => (n === 1 ? "1 revision is" : `${n} revisions are`);
