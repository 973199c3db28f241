import pg from "pg";
import { describe, expect, test, vi } from "vitest";
import { load } from "../../src/ingest/index.ts";
import { splitStatements } from "../../src/migration/revisions/split-statements.ts";
import { rollUp } from "../../src/rollup/index.ts";
import { freshDatabase, serverVersions } from "../support/warehouse.ts";
import { query, Workspace } from "./support/load.ts";
import { fillMonths, linesOf, monthLines } from "./support/many-months.ts";

/* What loads and rollups send, word for word, is what clusters that speak PostgreSQL's protocol understand, too. */

const workspace = new Workspace();

/** Runs the work, and returns the statements that it sends. */
async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const sent: string[] = [];
  const original = pg.Client.prototype.query;
  const spy = vi.spyOn(pg.Client.prototype, "query").mockImplementation(function (
    this: pg.Client,
    ...args: unknown[]
  ) {
    const [statement] = args as [string | { text?: string }];
    sent.push(typeof statement === "string" ? statement : (statement.text ?? ""));
    return (original as (...all: unknown[]) => unknown).apply(this, args);
  } as typeof original);
  try {
    await work();
  } finally {
    spy.mockRestore();
  }
  return sent;
}

/** What is wrong with a statement, if anything. */
function problemOf(sql: string): string | undefined {
  if (splitStatements(sql).length > 1) return "more than one statement";
  if (/\bSELECT\s+FROM\b/i.test(sql)) return "a SELECT without columns";
  if (/\bALTER\s+SEQUENCE\b|\bsetval\b/i.test(sql)) return "a sequence is locked or set";
  if (/^\s*ALTER\s+TABLE\b/i.test(sql)) {
    const actions =
      sql.match(/\b(ADD|ALTER COLUMN|DROP CONSTRAINT|RESET|OWNER TO|ATTACH|DETACH|RENAME)\b/gi) ?? [];
    if (actions.length !== 1) return `${actions.length} actions in one ALTER TABLE`;
  }
  const temporary = /\b(net_day|staged_change|wanted_key|missing_row)\b/;
  if (/\bNOT\s+EXISTS\b|\bNOT\s+IN\b/i.test(sql) && temporary.test(sql))
    return "an anti-join to a temporary table";
  return undefined;
}

const problemsIn = (statements: readonly string[]) =>
  statements.flatMap((sql) => {
    const problem = problemOf(sql);
    return problem === undefined ? [] : [`${problem}: ${sql}`];
  });

test("the rules are broken by what they are about", () => {
  const broken = ["SELECT 1; SELECT 2", "SELECT EXISTS (SELECT FROM store)", "ALTER SEQUENCE s NO CYCLE"];
  broken.push("ALTER TABLE t ADD CONSTRAINT a CHECK (true), ADD CONSTRAINT b CHECK (true)");
  broken.push("INSERT INTO store SELECT 1 FROM net_day WHERE NOT EXISTS (SELECT 1 FROM store)");
  expect(broken.filter((sql) => problemOf(sql) === undefined)).toEqual([]);
});

describe.for(serverVersions())("on PostgreSQL %s", async (server) => {
  const database = await freshDatabase({ server });
  await fillMonths(database);

  test("a load of months of every kind that adds dimension rows sends portable statements", async () => {
    const { merge, rebuild, attach, waiting, missing } = monthLines;
    const files = [workspace.csv(linesOf(merge, rebuild, attach, waiting, missing))];
    const sent = await statementsOf(() =>
      load(database, { table: "sales_daily", files, createMissing: true }),
    );
    for (const kind of [
      /ATTACH PARTITION/,
      /DETACH PARTITION/,
      /UPDATE .*staged_change/s,
      /INTO "store"/,
      /nextval/,
    ]) {
      expect(sent.some((sql) => kind.test(sql))).toBe(true);
    }
    expect(problemsIn(sent)).toEqual([]);
  });

  test("a load that fails and sweeps what it has built does, too", async () => {
    const files = [
      workspace.csv(linesOf(monthLines.attach.map((line) => line.replace("2024-03", "2024-05")))),
    ];
    const onStep = (step: string) => {
      if (step === "commit") throw new Error("enough");
    };
    const sent = await statementsOf(() =>
      load(database, { table: "sales_daily", files, onStep }).catch(() => {}),
    );
    expect(sent.some((sql) => /DROP TABLE IF EXISTS/.test(sql))).toBe(true);
    expect(problemsIn(sent)).toEqual([]);
  });

  test("a rollup that inserts, updates and makes a partition does, too", async () => {
    const line = (date: string) => `('${date}', 1, 1, 'T', 1, 2, 3, 6)`;
    await query(
      database,
      `INSERT INTO sales_txn (date, store_id, product_id, txn_id, line_no, quantity, unit_price, total_amount)
       VALUES ${line("2024-06-01")}, ${line("2024-01-01")}`,
    );
    const sent = await statementsOf(() => rollUp(database));
    expect(sent.some((sql) => /ATTACH PARTITION/.test(sql))).toBe(true);
    expect(problemsIn(sent)).toEqual([]);
  });
});
