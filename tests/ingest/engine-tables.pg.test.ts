import { describe, expect, test, vi } from "vitest";
import type { Engine } from "../../src/duckdb/engine.ts";
import type { LoadResult } from "../../src/ingest/index.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { RelationsMet } from "./support/engine-relations.ts";
import { fillDimensions, loadCsv, query, Workspace } from "./support/load.ts";
import { fillMonths, linesOf, monthLines } from "./support/many-months.ts";
import { writeRows } from "./support/parquet.ts";

/* Whatever is loaded, DuckDB holds the tables, views and types that src/ingest/engine-tables.ts declares, and no others. */

const hook = vi.hoisted(() => ({ inspect: async (_: Engine) => {} }));

/** The engine of a load, inspected after every statement that may create something. */
vi.mock("../../src/duckdb/engine.ts", async (original) => {
  const actual = await original<typeof import("../../src/duckdb/engine.ts")>();
  const withEngine: typeof actual.withEngine = (signal, work, options) =>
    actual.withEngine(
      signal,
      (engine) => {
        const run = async (sql: string) => {
          await engine.run(sql);
          await hook.inspect(engine);
        };
        return work({ ...engine, run });
      },
      options,
    );
  return { ...actual, withEngine };
});

const relations = new RelationsMet();
hook.inspect = (engine) => relations.inspect(engine);

const workspace = new Workspace();
const database = await freshDatabase();
await fillDimensions(database);
const months = await freshDatabase();
await fillMonths(months);

const header = "date,store_code,sku,quantity,unit_price,total_amount";
const sale = (day: string, quantity: number | string = 1, store = "S1", sku = "A") =>
  `${day},${store},${sku},${quantity},1.00,${quantity}.00`;
const tolerant = { maxRejects: { percent: 100 } };
const sales = (lines: readonly string[], options = {}) =>
  loadCsv(workspace, database, "sales_daily", [header, ...lines], options);

const collapsing = (price: string) => `
  table: sales_daily
  columns:
    date: left(sold_at, 10)
    store_code: store
    sku: item
    quantity: n
    unit_price: price
    total_amount: CAST(n AS INTEGER) * CAST(price AS DECIMAL(10, 2))
  collapse:
    quantity: sum(quantity)
    unit_price: ${price}
    total_amount: sum(total_amount)
`;
const sold = [
  "sold_at,store,item,n,price",
  "2024-01-01 08:00,S1,A,2,1.50",
  "2024-01-01 09:00,S1,A,1,1.50",
  "2024-01-02 08:00,S1,A,x,1.50",
  "2024-01-02 08:00,S9,A,1,1.50",
];
const collapsed = (price: string) =>
  loadCsv(workspace, database, "sales_daily", sold, { ...tolerant, mapping: collapsing(price) });

const numbering = `
  table: sales_txn
  filter: pieces <> '0'
  columns:
    date: day
    store_code: place
    sku: upper(item)
    txn_id: bill
    line_no: row_number() OVER (PARTITION BY bill ORDER BY _record)
    quantity: CAST(pieces AS INTEGER)
    unit_price: 1
    total_amount: pieces
`;
const bills = [
  "day,place,item,bill,pieces",
  "2024-01-01,S1,a,1,2",
  "2024-01-01,S9,c,1,x",
  "2024-01-02,S8,d,1,0",
];
const numbered = (options: object) =>
  loadCsv(workspace, database, "sales_txn", bills, { ...tolerant, mapping: numbering, ...options });

const failing = `
  table: store
  filter: CAST(No AS INTEGER) > 0
  columns:
    code: Code
    name: CAST(No AS INTEGER) / CAST(Name AS INTEGER)
`;

/** Loads of every shape, each with what shows that it had that shape. */
const loads: [string, () => Promise<LoadResult>, object][] = [
  ["CSV, into new months", () => sales([sale("2024-01-05"), sale("2024-02-05", 2)]), { inserted: 2 }],
  [
    "CSV again, changed",
    () => sales([sale("2024-01-05", 3), sale("2024-02-05", 2)]),
    { months: [{ method: "merge" }, { method: "unchanged" }] },
  ],
  [
    "CSV with malformed records and invalid values",
    () => sales(["x", sale("2024-02-30"), sale("2024-01-06")], tolerant),
    { inserted: 1, rejected: 2 },
  ],
  ["more rejects than allowed", () => sales(["x", sale("2024-01-06")]), { withheld: 1, published: false }],
  [
    "NDJSON",
    () =>
      loadCsv(workspace, database, "store", "", {
        ...tolerant,
        files: [workspace.write("stores.ndjson", '{"code":"N1","name":"x"}\nx\n')],
      }),
    { inserted: 1, rejected: 1 },
  ],
  [
    "Parquet",
    async () => {
      const file = await writeRows("SELECT 'Q1' AS code, 'x' AS name", workspace.path("stores.parquet"));
      return loadCsv(workspace, database, "store", "", { files: [file] });
    },
    { inserted: 1 },
  ],
  ["collapse", () => collapsed("max(unit_price)"), { duplicates: 1, rejected: 2 }],
  [
    "collapse by place",
    () => collapsed("arg_max(unit_price, _record || _file)"),
    { duplicates: 1, rejected: 2 },
  ],
  [
    "expressions and a filter that fail",
    () =>
      loadCsv(workspace, database, "store", ["Code,Name,No", "F1,x,1", "F2,1,x", "F3,1,2", "F4,1,0"], {
        ...tolerant,
        mapping: failing,
      }),
    { filtered: 1, rejected: 2, inserted: 1 },
  ],
  ["window functions", () => numbered({}), { filtered: 1, rejected: 1, inserted: 1 }],
  [
    "window functions and missing keys",
    () => numbered({ createMissing: true, dryRun: true }),
    { rejected: 1, created: { product: 0 } },
  ],
  [
    "missing keys, in a dry run",
    () => sales([sale("2024-03-01", 1, "X1", "Y1")], { createMissing: true, dryRun: true }),
    { created: { store: 1, product: 1, calendar: 1 }, published: false },
  ],
  [
    "missing keys",
    () => sales([sale("2024-03-01", 1, "X1", "Y1")], { createMissing: true }),
    { created: { store: 1, product: 1, calendar: 1 }, published: true },
  ],
  [
    "missing keys that another session adds meanwhile",
    () =>
      sales([sale("2024-03-02", 1, "X2", "Y2")], {
        createMissing: true,
        onStep: async (step: string) => {
          if (step !== "create dimension rows") return;
          await query(database, "INSERT INTO store (code, name) VALUES ('X2', 'Two')");
          await query(database, "INSERT INTO product (sku, name) VALUES ('Y2', 'Two')");
        },
      }),
    { created: { store: 0, product: 0, calendar: 1 }, published: true },
  ],
  ...(["reject", "first", "last", "sum"] as const).map((onDuplicate): (typeof loads)[number] => [
    `duplicates under the policy ${onDuplicate}`,
    () => {
      const day = (number: number, quantity: number | string = 1) => sale(`2024-01-1${number}`, quantity);
      const lines = [day(1), day(1, 2), day(2), day(2), day(3, "x"), day(3)];
      return sales(lines, { ...tolerant, onDuplicate, again: true });
    },
    {
      reject: { duplicates: 1, rejected: 3 },
      first: { duplicates: 2, rejected: 1 },
      last: { duplicates: 2, rejected: 1 },
      sum: { duplicates: 2, rejected: 2 },
    }[onDuplicate],
  ]),
  [
    "price windows",
    () => {
      const lines = ["A,S1,1.00,2024-01-01,2024-01-31", "A,S1,2.00,2024-01-15,", "B,,1.00,2024-01-01,"];
      const prices = ["sku,store_code,price,valid_from,valid_to", ...lines];
      return loadCsv(workspace, database, "price_history", prices, tolerant);
    },
    { inserted: 1, reject_codes: { OVERLAPPING_WINDOW: 2 } },
  ],
  [
    "months that are merged, rebuilt and attached",
    () => {
      const { merge, rebuild, attach, waiting } = monthLines;
      return loadCsv(workspace, months, "sales_daily", linesOf(merge, rebuild, attach, waiting));
    },
    { months: [{ method: "merge" }, { method: "rebuild" }, { method: "attach" }, { method: "rebuild" }] },
  ],
  [
    "months and missing keys",
    () =>
      loadCsv(workspace, months, "sales_daily", linesOf(monthLines.merge, monthLines.missing), {
        createMissing: true,
      }),
    { created: { store: 1, product: 1, calendar: 1 }, months: [{ method: "merge" }, { method: "attach" }] },
  ],
];

describe("a load of", () => {
  test.for(loads)(
    "%s makes only what is declared, with the columns that are declared",
    async ([, load, shape]) => {
      expect(await load()).toMatchObject(shape);
      expect(relations.problems).toEqual([]);
    },
  );

  test("each of these shapes makes, together with the others, all that is declared", () => {
    expect(relations.neverMet()).toEqual([]);
  });
});
