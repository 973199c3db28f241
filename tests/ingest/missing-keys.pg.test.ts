import { beforeEach, describe, expect, test } from "vitest";
import { loadRuns } from "../../src/ingest/index.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { gate } from "./support/killable-server.ts";
import { faultsOf, loadCsv, query, Workspace } from "./support/load.ts";

/* Stores, products and days that rows refer to and the warehouse lacks: a load adds them on request. */

const database = await freshDatabase();
const workspace = new Workspace();
const header = "date,store_code,sku,quantity,unit_price,total_amount";
const lines = [
  header,
  "2024-02-29,S1,A,2,1.50,3.00",
  "2024-02-29,S2,A,1,1.50,1.50",
  "2024-03-01,S1,B,1,1.00,1.00",
];
const adding = { createMissing: true, again: true, maxRejects: { percent: 100 } };

beforeEach(() => query(database, "TRUNCATE store, product, calendar CASCADE"));

const all = (table: string, columns: string) =>
  query<Record<string, unknown>>(database, `SELECT ${columns} FROM ${table} ORDER BY 1`);

/** Holds two loads at their first step that creates something, until both have come there. */
let arrived = 0;
let both = gate();
function together() {
  arrived = 0;
  both = gate();
  return async (step: string) => {
    if (step !== "create dimension rows") return;
    arrived += 1;
    if (arrived === 2) both.open();
    await both.opened;
  };
}

describe("a load that creates what is missing", () => {
  test("adds stores and products named by their keys, and days with their parts", async () => {
    const result = await loadCsv(workspace, database, "sales_daily", lines, adding);
    expect(result).toMatchObject({
      inserted: 3,
      rejected: 0,
      created: { store: 2, product: 2, calendar: 2 },
    });
    expect(await all("store", "code, name")).toEqual([
      { code: "S1", name: "S1" },
      { code: "S2", name: "S2" },
    ]);
    expect(await all("product", "sku, name, category")).toEqual([
      { sku: "A", name: "A", category: null },
      { sku: "B", name: "B", category: null },
    ]);
    expect(await all("calendar", "date::text, day_of_week, month, quarter, year, is_holiday")).toEqual([
      { date: "2024-02-29", day_of_week: 3, month: 2, quarter: 1, year: 2024, is_holiday: false },
      { date: "2024-03-01", day_of_week: 4, month: 3, quarter: 1, year: 2024, is_holiday: false },
    ]);
    const sold = "sales_daily JOIN store ON store.id = store_id JOIN product ON product.id = product_id";
    expect(
      (await all(sold, "concat_ws(' ', date, code, sku, quantity) AS row")).map(({ row }) => row),
    ).toEqual(["2024-02-29 S1 A 2", "2024-02-29 S2 A 1", "2024-03-01 S1 B 1"]);
  });

  test("adds only those that are missing, and none the second time", async () => {
    await query(database, "INSERT INTO store (code, name) VALUES ('S1', 'One')");
    const first = await loadCsv(workspace, database, "sales_daily", lines, adding);
    expect(first.created).toEqual({ store: 1, product: 2, calendar: 2 });
    const again = await loadCsv(workspace, database, "sales_daily", lines, adding);
    expect(again).toMatchObject({ unchanged: 3, created: { store: 0, product: 0, calendar: 0 } });
    expect(await all("store", "code, name")).toMatchObject([{ name: "One" }, { name: "S2" }]);
  });

  test("adds nothing for rows that are rejected or filtered, and no key that the dimension cannot hold", async () => {
    const long = "x".repeat(21);
    const longSku = "y".repeat(51);
    const invalid = [
      "2024-03-05,S7,C,x,1,1",
      `2024-02-29,${long},A,1,1,1`,
      "2024-02-30,S1,A,1,1,1",
      `2024-02-29,S1,${longSku},1,1,1`,
    ];
    const result = await loadCsv(workspace, database, "sales_daily", [...lines, ...invalid], adding);
    expect(faultsOf(result)).toEqual([
      "4 quantity INTEGER_INVALID x",
      `5 store_code TEXT_TOO_LONG ${long}`,
      "6 date DATE_INVALID 2024-02-30",
      `7 sku TEXT_TOO_LONG ${longSku}`,
    ]);
    expect(result.rejects.filter(({ code }) => code === "TEXT_TOO_LONG")).toMatchObject([
      { message: "longer than 20 characters" },
      { message: "longer than 50 characters" },
    ]);
    expect(result).toMatchObject({ inserted: 3, created: { store: 2, product: 2, calendar: 2 } });
    expect((await all("store", "code")).map(({ code }) => code)).toEqual(["S1", "S2"]);
  });

  test("reports in a dry run what it would add, and adds nothing", async () => {
    const result = await loadCsv(workspace, database, "sales_daily", lines, { ...adding, dryRun: true });
    expect(result).toMatchObject({ inserted: 3, created: { store: 2, product: 2, calendar: 2 } });
    expect(await query(database, "SELECT FROM store UNION ALL SELECT FROM product")).toHaveLength(0);
  });

  test("also adds them for prices of the whole chain, and with a mapping that has window functions", async () => {
    const prices = ["sku,store_code,price,valid_from", "A,,1.00,2024-01-01", "B,S9,2.00,2024-01-01"];
    const result = await loadCsv(workspace, database, "price_history", prices, adding);
    expect(result).toMatchObject({ inserted: 2, created: { store: 1, product: 2, calendar: 0 } });
    const mapping = `
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
    const txns = [
      "day,place,item,bill,pieces",
      "2024-01-01,S9,a,1,2",
      "2024-01-01,S9,c,1,x",
      "2024-01-02,S8,d,1,0",
      "2024-01-01,S9,e,1,1",
    ];
    const txn = await loadCsv(workspace, database, "sales_txn", txns, { ...adding, mapping });
    expect(faultsOf(txn)).toEqual([
      "2 quantity EXPRESSION_FAILED pieces=x",
      "2 total_amount NUMBER_INVALID x",
    ]);
    expect(txn).toMatchObject({ inserted: 2, filtered: 1, created: { store: 0, product: 1, calendar: 1 } });
  });

  const alike = [
    ["S1 ", "007", "store", 'but "S1" is: they differ in blanks at an end'],
    ["s1", "007", "store", 'but "S1" is: they differ in upper and lower case'],
    ["S1", "007 ", "product", 'but "007" is: they differ in blanks at an end'],
    ["S1", "p2", "product", 'but "P2" is: they differ in upper and lower case'],
    ["S1", "P2\u200b", "product", 'but "P2" is: they differ in characters that are not visible'],
    ["\ufeffS1", "P2", "store", 'but "S1" is: they differ in characters that are not visible'],
  ] as const;

  test.for([true, false])(
    "adds no key that a person takes for one there is, and says so: %s",
    async (create) => {
      await query(
        database,
        `INSERT INTO store (code, name) VALUES ('S1', 'One'), ('S2', 'Two');
       INSERT INTO product (sku, name) VALUES ('007', 'Bond'), ('P2', 'Two');
       INSERT INTO calendar (date, day_of_week, month, quarter, year) VALUES ('2024-01-02', 1, 1, 1, 2024)`,
      );
      const rows = alike.map(([store, sku]) => `2024-01-02,"${store}","${sku}",3,1.20,3.60`);
      const result = await loadCsv(workspace, database, "sales_daily", [lines[0] as string, ...rows], {
        ...adding,
        createMissing: create,
      });
      expect(result.rejects.map(({ message }) => message)).toEqual(
        alike.map(([, , table, near]) => `the ${table} is not in the table ${table}, ${near}`),
      );
      expect(result).toMatchObject({
        rejected: alike.length,
        created: { store: 0, product: 0, calendar: 0 },
      });
    },
  );

  test("adds one of several keys that a person takes for the same: the one written most plainly", async () => {
    const rows = ["X1 ,A", "X1,A", "x1,A", "X2, B", "X2,B"].map((keys) => `2024-01-02,${keys},3,1.20,3.60`);
    const result = await loadCsv(workspace, database, "sales_daily", [lines[0] as string, ...rows], adding);
    expect(result.rejects.map(({ record, value }) => `${record} ${value}`)).toEqual([
      "1 X1 ",
      "3 x1",
      "4  B",
    ]);
    expect(await all("store", "code")).toMatchObject([{ code: "X1" }, { code: "X2" }]);
    expect(await all("product", "sku")).toMatchObject([{ sku: "A" }, { sku: "B" }]);
  });

  test("rejects such rows unless it is requested", async () => {
    const result = await loadCsv(workspace, database, "sales_daily", lines, { again: true });
    expect(result).toMatchObject({
      published: false,
      rejected: 3,
      created: { store: 0, product: 0, calendar: 0 },
    });
    expect(Object.keys(result.reject_codes).sort()).toEqual([
      "UNKNOWN_DATE",
      "UNKNOWN_PRODUCT",
      "UNKNOWN_STORE",
    ]);
  });

  test("records what it adds to a dimension in the ledger, as a load without files", async () => {
    await query(database, "TRUNCATE load_run");
    const result = await loadCsv(workspace, database, "sales_daily", lines, adding);
    const runs = await loadRuns(database);
    expect(
      runs.map(({ table, files, inserted, created }) => [table, files.length, inserted, created.store]),
    ).toEqual([
      ["sales_daily", 1, 3, 2],
      ["calendar", 0, 2, 0],
      ["product", 0, 2, 0],
      ["store", 0, 2, 0],
    ]);
    expect(runs[0]?.id).toBe(result.load_id);
  });

  test("leaves them if it fails afterwards, and finds them when it is repeated", async () => {
    const failing = loadCsv(workspace, database, "sales_daily", lines, {
      ...adding,
      onStep: (step) => {
        if (step === "commit") throw new Error("enough");
      },
    });
    await expect(failing).rejects.toThrow("enough");
    expect(await all("store", "code")).toEqual([{ code: "S1" }, { code: "S2" }]);
    expect(await query(database, "SELECT FROM sales_daily")).toEqual([]);
    const again = await loadCsv(workspace, database, "sales_daily", lines, adding);
    expect(again).toMatchObject({ inserted: 3, created: { store: 0, product: 0, calendar: 0 } });
  });

  test.for(["", "2024-03-02,S1,B,x,1,1"])(
    "uses a store that another load has added meanwhile, under its id (rejects: %s)",
    async (rejected) => {
      const both = await Promise.all(
        ["2024-02", "2024-03"].map(async (month) => {
          const own = lines.slice(1).map((line) => line.replace(/^2024-../, month));
          const content = [header, ...own, ...(rejected === "" ? [] : [rejected])];
          return loadCsv(workspace, database, "sales_daily", content, { ...adding, onStep: together() });
        }),
      );
      expect(both.map(({ inserted }) => inserted)).toEqual([3, 3]);
      const added = (name: "store" | "product") => both.reduce((sum, { created }) => sum + created[name], 0);
      expect([added("store"), added("product")]).toEqual([2, 2]);
      const sold = "sales_daily JOIN store ON store.id = store_id JOIN product ON product.id = product_id";
      const rows = await all(sold, "concat_ws(' ', code, sku, quantity) AS row");
      expect(rows.map(({ row }) => row)).toEqual([
        "S1 A 2",
        "S1 A 2",
        "S1 B 1",
        "S1 B 1",
        "S2 A 1",
        "S2 A 1",
      ]);
    },
  );
});
