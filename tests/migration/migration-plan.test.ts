import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { downgradeSteps, type Step, upgradeSteps } from "../../src/migration/apply/migration-plan.ts";
import { parseRevision, type Revision } from "../../src/migration/revisions/revisions.ts";

function chainOfLength(length: number): Revision[] {
  const name = (index: number) => `${String(index).padStart(4, "0")}_step`;
  return Array.from({ length }, (_, index) =>
    parseRevision(
      `${name(index + 1)}.sql`,
      `-- revision: ${name(index + 1)}\n-- parent: ${index === 0 ? "none" : name(index)}\n-- up\n-- down\n`,
    ),
  );
}

/** The applied revisions after the steps. Expects each step to continue from the state before it. */
function applied(start: readonly string[], steps: readonly Step[]): string[] {
  const state = [...start];
  for (const { revision, direction } of steps) {
    if (direction === "up") {
      expect(state.at(-1)).toBe(revision.parent);
      state.push(revision.id);
    } else {
      expect(state.pop()).toBe(revision.id);
    }
  }
  return state;
}

const places = fc
  .nat({ max: 12 })
  .chain((length) =>
    fc.record({ length: fc.constant(length), from: fc.nat({ max: length }), to: fc.nat({ max: length }) }),
  );

describe("for any chain, state and target the steps end at the target", () => {
  test("upgrade to a revision, to +N and to head", () => {
    fc.assert(
      fc.property(places, ({ length, from, to }) => {
        const chain = chainOfLength(length);
        const ids = chain.map(({ id }) => id);
        const start = ids.slice(0, from);
        expect(applied(start, upgradeSteps(chain, from, "head"))).toEqual(ids);
        if (to >= from)
          expect(applied(start, upgradeSteps(chain, from, `+${to - from}`))).toEqual(ids.slice(0, to));
        // Applied revisions stay applied: an upgrade never reverts one.
        const target = ids[to - 1];
        if (target)
          expect(applied(start, upgradeSteps(chain, from, target))).toEqual(ids.slice(0, Math.max(from, to)));
      }),
    );
  });

  test("downgrade to a revision, by -N and to base", () => {
    fc.assert(
      fc.property(places, ({ length, from, to }) => {
        const chain = chainOfLength(length);
        const ids = chain.map(({ id }) => id);
        const start = ids.slice(0, from);
        expect(applied(start, downgradeSteps(chain, from, "base"))).toEqual([]);
        if (to <= from) {
          expect(applied(start, downgradeSteps(chain, from, `-${from - to}`))).toEqual(ids.slice(0, to));
          const target = ids[to - 1];
          if (target) expect(applied(start, downgradeSteps(chain, from, target))).toEqual(ids.slice(0, to));
        }
      }),
    );
  });

  test("an upgrade and the downgrade back end where they started", () => {
    fc.assert(
      fc.property(places, ({ length, from, to }) => {
        const chain = chainOfLength(length);
        const [low, high] = [Math.min(from, to), Math.max(from, to)];
        const start = chain.slice(0, low).map(({ id }) => id);
        const up = upgradeSteps(chain, low, `+${high - low}`);
        const down = downgradeSteps(chain, high, `-${high - low}`);
        expect(applied(start, [...up, ...down])).toEqual(start);
        expect(down.map(({ revision }) => revision)).toEqual(up.map(({ revision }) => revision).reverse());
      }),
    );
  });
});

describe("a target out of reach is refused", () => {
  const chain = chainOfLength(3);
  test.for([
    ["past the head", () => upgradeSteps(chain, 2, "+2"), "+2 goes past the head: 1 revision is to apply"],
    ["below base", () => downgradeSteps(chain, 2, "-3"), "-3 goes below base: 2 revisions are applied"],
    [
      "down to a revision that is not applied",
      () => downgradeSteps(chain, 1, "0003"),
      "0003_step is not applied",
    ],
  ] as const)("%s", ([, plan, problem]) => {
    expect(plan).toThrow(expect.objectContaining({ code: "REVISION_OUT_OF_REACH", exitCode: 2 }));
    expect(plan).toThrow(problem);
  });
});
