import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { freshDatabase, serverVersions } from "../support/warehouse.ts";
import { fillDimensions, query, Workspace } from "./support/load.ts";
import type { Subject } from "./support/model.ts";
import { emptyTable, Sequence } from "./support/sequence.ts";
import { type Step, steps } from "./support/steps.ts";
import { inventory, promotion, salesDaily } from "./support/subjects.ts";

/*
 * After any sequence of loads, the table, the counts and the ledger agree with a plain model in JavaScript. Sequences have
 * duplicates, corrections, late months, rejects, files that were loaded before, and plain SQL in between.
 */

const workspace = new Workspace();

/** A sequence that uses every method, in addition to those that are drawn. */
function everyMethod(subject: Subject): readonly Step[] {
  const header = subject.columns.map(({ name }) => name);
  const order = { kind: "load", header, policy: "reject", maxRejects: { rows: 0 } } as const;
  const again = (load: number): Step => ({ kind: "replay", load, again: true, renamed: true });
  if (!subject.partitioned) {
    const rows = [["A", "S1", "spring", "2024-01-10", "2024-02-01", "", ""]];
    return [{ ...order, files: [{ rows }] }, again(0)];
  }
  const month = (salt: number, every = 1): Step => ({
    ...order,
    files: [{ rows: { month: "2024-01", salt, every } }],
  });
  return [month(0), month(1), month(2, 40), again(2), again(1)];
}

const cases = [
  ...serverVersions().map((server) => ({ server, subject: salesDaily, numRuns: server === "18" ? 6 : 2 })),
  { server: "18", subject: inventory, numRuns: 2 },
  { server: "18", subject: promotion, numRuns: 2 },
];

describe.for(cases)("$subject.table on PostgreSQL $server", async ({ server, subject, numRuns }) => {
  const database = await freshDatabase({ server });
  await fillDimensions(database);
  await query(
    database,
    `INSERT INTO store (code, name) VALUES ('S3', 'Three');
     INSERT INTO product (sku, name) SELECT 'P' || n, 'Product ' || n FROM generate_series(0, 57) AS n;
     INSERT INTO calendar (date, day_of_week, month, quarter, year)
     SELECT d, extract(isodow FROM d) - 1, extract(month FROM d), extract(quarter FROM d), extract(year FROM d)
     FROM generate_series(date '2023-11-01', date '2024-03-31', interval '1 day') AS d
     ON CONFLICT DO NOTHING`,
  );
  const methods = new Set<string>();

  test("agrees with the model after any sequence of loads", async () => {
    await fc.assert(
      fc.asyncProperty(steps(subject), async (sequence) => {
        await emptyTable(database, subject.table);
        const running = new Sequence(database, workspace, subject, methods);
        for (const step of sequence) await running.run(step);
      }),
      {
        numRuns: Number(process.env.FORECASTLAB_TEST_RUNS ?? numRuns),
        examples: [[everyMethod(subject)]],
        endOnFailure: true,
      },
    );
    const all = ["attach", "merge", "rebuild", "unchanged"];
    expect([...methods].sort()).toEqual(subject.partitioned ? all : ["merge", "unchanged"]);
  }, 600_000);
});
