import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type MonthChanges, totalOf } from "../../src/ingest/counts.ts";
import {
  fetchOf,
  type Home,
  type MonthState,
  methodOf,
  rebuildShare,
} from "../../src/ingest/publish/month-plan.ts";

/* What is done with a month depends on counts only. */

const relation = "sales_daily_2024_01";
const homes: readonly Home[] = [
  { kind: "none" },
  { kind: "month", relation },
  { kind: "default", relation: "sales_daily_default" },
  { kind: "shared", relation: "sales_daily_2024" },
];
const counts = fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 20_000 }), fc.nat({ max: 5_000_000 }));
const state: fc.Arbitrary<MonthState> = fc.record({
  month: fc.constant("2024-01"),
  staged: counts.map((rows) => rows + 1),
  home: fc.constantFrom(...homes),
  stored: counts,
});
/** Changes that a load of a month may make. */
const changesOf = ({ staged, stored, home }: MonthState): fc.Arbitrary<MonthChanges> => {
  const known = home.kind === "none" ? 0 : Math.min(staged, stored);
  return fc.tuple(fc.nat({ max: known }), fc.nat()).map(([found, part]) => {
    const updated = found === 0 ? 0 : part % (found + 1);
    return { inserted: staged - found, updated, unchanged: found - updated };
  });
};
const cases = state.chain((month) => changesOf(month).map((changes) => ({ month, changes })));

const month = (home: Home, stored: number, staged = 10_000): MonthState => ({
  month: "2024-01",
  staged,
  home,
  stored,
});
const change = (inserted: number, updated: number, unchanged = 0): MonthChanges => ({
  inserted,
  updated,
  unchanged,
});
const [nowhere, own, waiting, shared] = homes as [Home, Home, Home, Home];

describe("the method of a month", () => {
  test.for([
    ["a month without rows is attached, however few rows it gets", month(nowhere, 0), change(1, 0), "attach"],
    ["so is one whose partition is empty", month(own, 0), change(1, 0), "attach"],
    ["a correction of a full month is merged", month(own, 300_000), change(0, 1), "merge"],
    ["so are late rows", month(own, 300_000), change(4_999, 0), "merge"],
    ["a month that grows by half is rebuilt", month(own, 100_000), change(50_000, 0), "rebuild"],
    ["so is one that changes by half", month(own, 100_000), change(0, 50_000), "rebuild"],
    ["a small month is merged, also when all of it changes", month(own, 300), change(0, 300), "merge"],
    [
      "a month whose rows are in the default partition is rebuilt, even for one row",
      month(waiting, 1),
      change(1, 0),
      "rebuild",
    ],
    [
      "a table that is not partitioned is merged, also the first time",
      month(shared, 0),
      change(10_000, 0),
      "merge",
    ],
    ["so is a partition of several months", month(shared, 10), change(10_000, 0), "merge"],
    ["nothing is written if nothing changed", month(own, 300_000), change(0, 0, 300_000), "unchanged"],
    ["also if the rows are in the default partition", month(waiting, 5), change(0, 0, 5), "unchanged"],
  ] as const)("%s", ([, at, changes, method]) => {
    expect(methodOf(at, changes, true)).toBe(method);
  });

  test("nothing is written if and only if nothing changed", () => {
    fc.assert(
      fc.property(cases, fc.boolean(), ({ month, changes }, replaceable) => {
        const changed = changes.inserted + changes.updated > 0;
        expect(methodOf(month, changes, replaceable) === "unchanged").toBe(!changed);
      }),
    );
  });

  test("a month is attached if and only if no row of it is stored", () => {
    fc.assert(
      fc.property(cases, fc.boolean(), ({ month, changes }, replaceable) => {
        const method = methodOf(month, changes, replaceable);
        if (method === "unchanged") return;
        const empty = month.home.kind === "none" || month.stored === 0;
        expect(method === "attach").toBe(empty && month.home.kind !== "shared");
      }),
    );
  });

  test("only a month with a relation is merged", () => {
    fc.assert(
      fc.property(cases, fc.boolean(), ({ month, changes }, replaceable) => {
        if (methodOf(month, changes, replaceable) === "merge") expect(month.home.kind).not.toBe("none");
      }),
    );
  });

  test("a relation with rows of other months, or with columns that the model does not know, is never replaced", () => {
    fc.assert(
      fc.property(cases, ({ month, changes }) => {
        if (month.home.kind === "shared")
          expect(["merge", "unchanged"]).toContain(methodOf(month, changes, true));
        expect(methodOf(month, changes, false)).not.toBe("rebuild");
      }),
    );
  });

  test("a month that is rebuilt for some changes is rebuilt for more", () => {
    fc.assert(
      fc.property(cases, counts, counts, ({ month, changes }, inserted, updated) => {
        fc.pre(methodOf(month, changes, true) === "rebuild");
        const more = {
          ...changes,
          inserted: changes.inserted + inserted,
          updated: changes.updated + updated,
        };
        expect(methodOf(month, more, true)).toBe("rebuild");
      }),
    );
  });

  test("changes that are merged into a month are merged into a month with more rows", () => {
    fc.assert(
      fc.property(cases, counts, ({ month, changes }, rows) => {
        fc.pre(methodOf(month, changes, true) === "merge");
        expect(methodOf({ ...month, stored: month.stored + rows }, changes, true)).toBe("merge");
      }),
    );
  });

  test("a month in its own partition is rebuilt if more than the measured share of it changes", () => {
    const stored = 1_000_000;
    expect(methodOf(month(own, stored), change(0, stored * rebuildShare), true)).toBe("merge");
    expect(methodOf(month(own, stored), change(0, stored * rebuildShare + 1), true)).toBe("rebuild");
  });
});

describe("the stored rows that a load is compared with", () => {
  test.for([
    ["are none for a month without rows", month(nowhere, 0), "none"],
    ["are none for an empty partition", month(own, 0), "none"],
    ["are all if the load has the whole month", month(own, 300_000, 300_000), "all"],
    ["are all for a small month", month(own, 500, 1), "all"],
    ["are those with its keys for a correction of a full month", month(own, 300_000, 100), "keys"],
    [
      "are those with its keys also in the default partition, which may hold other months",
      month(waiting, 300_000, 100),
      "keys",
    ],
  ] as const)("%s", ([, at, fetch]) => {
    expect(fetchOf(at)).toBe(fetch);
  });

  test("are none if and only if none are stored", () => {
    fc.assert(
      fc.property(state, (at) => {
        expect(fetchOf(at) === "none").toBe(at.home.kind === "none" || at.stored === 0);
      }),
    );
  });

  test("are never all of a month because there are fewer keys", () => {
    fc.assert(
      fc.property(state, fc.nat(), (at, fewer) => {
        fc.pre(fetchOf(at) === "keys");
        expect(fetchOf({ ...at, staged: Math.max(1, at.staged - fewer) })).toBe("keys");
      }),
    );
  });
});

test("the changes of a load are the sum over its months", () => {
  expect(totalOf([change(1, 2, 3), change(10, 20, 30)])).toEqual(change(11, 22, 33));
  expect(totalOf([])).toEqual(change(0, 0, 0));
});
