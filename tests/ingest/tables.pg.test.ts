import { describe, expect, test } from "vitest";
import type { Database } from "../../src/database/connection.ts";
import { type TableName, tableNames } from "../../src/schema/tables.ts";
import { freshDatabase, serverVersions } from "../support/warehouse.ts";
import { faultsOf, fillDimensions, loadCsv, query, Workspace } from "./support/load.ts";

/* Loading each table from a file with the table's own columns, on every supported server. */

const workspace = new Workspace();

interface TableFile {
  readonly lines: readonly string[];
  /** The same rows with one value changed. */
  readonly corrected: readonly string[];
  /** Query of the columns, in the order of the file. */
  readonly select: string;
}

const files: Record<TableName, TableFile> = {
  store: {
    lines: ["code,name,region,city,store_type", "S1,One,North,Bern,express", 'S3,"Three, ""the"" big",,,'],
    corrected: [
      "code,name,region,city,store_type",
      "S1,One,South,Bern,express",
      'S3,"Three, ""the"" big",,,',
    ],
    select: "SELECT code, name, region, city, store_type FROM store WHERE code <> 'S2' ORDER BY code",
  },
  product: {
    lines: [
      "sku,name,category,brand,base_price,base_cost",
      "A,Apple,Fruit,Own,1.50,0.75",
      "C,Cheese,,,12.00,",
    ],
    corrected: [
      "sku,name,category,brand,base_price,base_cost",
      "A,Apple,Fruit,Own,1.55,0.75",
      "C,Cheese,,,12.00,",
    ],
    select:
      "SELECT sku, name, category, brand, base_price, base_cost FROM product WHERE sku <> 'B' ORDER BY sku",
  },
  calendar: {
    lines: ["date,is_holiday,holiday_name", "2024-01-01,true,New Year", "2024-03-01,false,"],
    corrected: ["date,is_holiday,holiday_name", "2024-01-01,true,New Year's Day", "2024-03-01,false,"],
    select: `SELECT date, is_holiday, holiday_name FROM calendar
             WHERE date IN ('2024-01-01', '2024-03-01') ORDER BY date`,
  },
  sales_daily: {
    lines: [
      "date,store_code,sku,quantity,unit_price,total_amount",
      "2024-01-31,S1,A,2,1.50,3.00",
      "2024-02-01,S2,B,0,2.00,0.00",
    ],
    corrected: [
      "date,store_code,sku,quantity,unit_price,total_amount",
      "2024-01-31,S1,A,3,1.50,3.00",
      "2024-02-01,S2,B,0,2.00,0.00",
    ],
    select: `SELECT date, code, sku, quantity, unit_price, total_amount
             FROM sales_daily JOIN store ON store.id = store_id JOIN product ON product.id = product_id ORDER BY date`,
  },
  price_history: {
    lines: [
      "sku,store_code,price,valid_from,valid_to",
      "A,S1,1.50,2024-01-01,2024-01-31",
      "A,,1.60,2024-01-01,",
      "B,,2.00,2024-02-01,2024-02-29",
    ],
    corrected: [
      "sku,store_code,price,valid_from,valid_to",
      "A,S1,1.50,2024-01-01,2024-01-30",
      "A,,1.60,2024-01-01,",
      "B,,2.00,2024-02-01,2024-02-29",
    ],
    select: `SELECT sku, code, price, valid_from, valid_to
             FROM price_history LEFT JOIN store ON store.id = store_id JOIN product ON product.id = product_id
             ORDER BY sku, code`,
  },
  promotion: {
    lines: [
      "sku,store_code,name,discount_pct,discount_amount,start_date,end_date",
      "A,S1,Sale,0.1500,,2024-01-01,2024-01-07",
      "A,,Sale,,0.50,2024-01-01,2024-01-07",
    ],
    corrected: [
      "sku,store_code,name,discount_pct,discount_amount,start_date,end_date",
      "A,S1,Sale,0.1500,,2024-01-01,2024-01-07",
      "A,,Sale,,0.55,2024-01-01,2024-01-07",
    ],
    select: `SELECT sku, code, promotion.name, discount_pct, discount_amount, start_date, end_date
             FROM promotion LEFT JOIN store ON store.id = store_id JOIN product ON product.id = product_id
             ORDER BY sku, code`,
  },
  inventory_snapshot_daily: {
    lines: ["date,store_code,sku,on_hand_qty,on_order_qty", "2024-01-31,S1,A,0,5", "2024-02-01,S2,B,7,0"],
    corrected: ["date,store_code,sku,on_hand_qty,on_order_qty", "2024-01-31,S1,A,0,6", "2024-02-01,S2,B,7,0"],
    select: `SELECT date, code, sku, on_hand_qty, on_order_qty
             FROM inventory_snapshot_daily JOIN store ON store.id = store_id JOIN product ON product.id = product_id
             ORDER BY date`,
  },
  sales_txn: {
    lines: [
      "date,store_code,sku,txn_id,line_no,quantity,unit_price,total_amount",
      "2024-01-31,S1,A,T1,1,2,1.50,3.00",
      "2024-01-31,S1,A,T1,2,-1,1.50,-1.50",
    ],
    corrected: [
      "date,store_code,sku,txn_id,line_no,quantity,unit_price,total_amount",
      "2024-01-31,S1,A,T1,1,2,1.50,3.00",
      "2024-01-31,S1,A,T1,2,-1,1.40,-1.40",
    ],
    select: `SELECT date, code, sku, txn_id, line_no, quantity, unit_price, total_amount
             FROM sales_txn JOIN store ON store.id = store_id JOIN product ON product.id = product_id
             ORDER BY line_no`,
  },
  weather_daily: {
    lines: [
      "date,store_code,temperature_avg_c,temperature_min_c,temperature_max_c,precipitation_mm,humidity_avg_pct,wind_beaufort",
      "2024-01-31,S1,-1.50,-5.00,2.25,0.00,81.50,3.00",
      "2024-01-31,S2,,,,,,",
    ],
    corrected: [
      "date,store_code,temperature_avg_c,temperature_min_c,temperature_max_c,precipitation_mm,humidity_avg_pct,wind_beaufort",
      "2024-01-31,S1,-1.50,-5.00,2.25,0.00,81.50,3.00",
      "2024-01-31,S2,4.00,,,,,",
    ],
    select: `SELECT date, code, temperature_avg_c, temperature_min_c, temperature_max_c, precipitation_mm,
               humidity_avg_pct, wind_beaufort
             FROM weather_daily JOIN store ON store.id = store_id ORDER BY code`,
  },
  traffic_daily: {
    lines: ["date,store_code,visitors", "2024-01-31,S1,120", "2024-01-31,S2,0"],
    corrected: ["date,store_code,visitors", "2024-01-31,S1,121", "2024-01-31,S2,0"],
    select: "SELECT date, code, visitors FROM traffic_daily JOIN store ON store.id = store_id ORDER BY code",
  },
};

/** The stored rows of a table as the lines of a file, header first. */
async function stored(database: Database, table: TableName): Promise<string[]> {
  const { lines, select } = files[table];
  const rows = await query<Record<string, unknown>>(database, select);
  const cell = (value: unknown) => {
    const text = value === null ? "" : String(value);
    return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [lines[0] ?? "", ...rows.map((row) => Object.values(row).map(cell).join(","))];
}

/** Place and transaction of each row: if they are the same before and after, no row was written. */
const writers = (database: Database, table: TableName) =>
  query(database, `SELECT tableoid, ctid, xmin, updated_at FROM ${table} ORDER BY tableoid, ctid`);

describe.for(serverVersions())("on PostgreSQL %s", async (server) => {
  const database = await freshDatabase({ server });
  await fillDimensions(database);

  // Servers differ in partitions and in the exclusion constraint only.
  const loaded = server === "18" ? tableNames : (["store", "sales_daily", "price_history"] as const);
  test.for(loaded)("%s is loaded, loaded again without a write, and corrected", async (table) => {
    const { lines, corrected } = files[table];
    const before = await query(database, `SELECT FROM ${table}`);
    const first = await loadCsv(workspace, database, table, lines);
    expect(faultsOf(first)).toEqual([]);
    expect(first).toMatchObject({ read: lines.length - 1, published: true, withheld: 0 });
    expect(await query(database, `SELECT FROM ${table}`)).toHaveLength(before.length + first.inserted);
    expect(await stored(database, table)).toEqual(lines);

    const untouched = await writers(database, table);
    const again = await loadCsv(workspace, database, table, lines, { again: true });
    expect(again).toMatchObject({ inserted: 0, updated: 0, unchanged: lines.length - 1 });
    expect(await writers(database, table)).toEqual(untouched);

    const third = await loadCsv(workspace, database, table, corrected);
    expect(third).toMatchObject({ inserted: 0, updated: 1, unchanged: lines.length - 2 });
    expect(await stored(database, table)).toEqual(corrected);
  });

  test("a dry run reports what would change, and writes nothing", async () => {
    const before = await stored(database, "store");
    const lines = ["code,name", "S1,Uno", "S8,Eight", "S2,Two"];
    const result = await loadCsv(workspace, database, "store", lines, { dryRun: true });
    expect(result).toMatchObject({ inserted: 1, updated: 1, unchanged: 1, published: false, dry_run: true });
    expect(await stored(database, "store")).toEqual(before);
  });

  test("columns that a file does not give stay as they are, and only the corrected row is written", async () => {
    await loadCsv(workspace, database, "product", ["sku,name,category", "X1,x,Fruit", "X2,y,Bread"]);
    const select =
      "SELECT sku, category, base_price, created_at, updated_at FROM product WHERE sku LIKE 'X%' ORDER BY sku";
    const [one, two] = await query<{ created_at: Date; updated_at: Date }>(database, select);
    await loadCsv(workspace, database, "product", ["sku,name,base_price", "X1,x,1.00", "X2,y,"]);
    expect(await query(database, select)).toEqual([
      {
        ...one,
        base_price: "1.00",
        updated_at: expect.toSatisfy((at: Date) => at > (one?.updated_at ?? at)),
      },
      two,
    ]);
  });

  test("an empty field in the file empties the column", async () => {
    await loadCsv(workspace, database, "product", ["sku,name,category", "X3,x,Fruit"]);
    await loadCsv(workspace, database, "product", ["sku,name,category", "X3,x,"]);
    expect(await query(database, "SELECT category FROM product WHERE sku = 'X3'")).toEqual([
      { category: null },
    ]);
  });

  test("the parts of a date are derived from it, and checked if the file gives them", async () => {
    await loadCsv(workspace, database, "calendar", ["date", "2026-08-02"]);
    expect(
      await query(
        database,
        "SELECT day_of_week, month, quarter, year, is_holiday FROM calendar WHERE date = '2026-08-02'",
      ),
    ).toEqual([{ day_of_week: 6, month: 8, quarter: 3, year: 2026, is_holiday: false }]);
    const wrong = await loadCsv(workspace, database, "calendar", ["date,month,year", "2026-08-03,7,2026"]);
    expect(faultsOf(wrong)).toEqual(["1 date, month CHECK_FAILED date=2026-08-03, month=7"]);
  });

  test("the date style of the server does not matter", async () => {
    const [row] = await query<{ name: string }>(database, "SELECT current_database() AS name");
    await query(database, `ALTER DATABASE ${row?.name} SET datestyle = 'SQL, DMY'`);
    const { lines } = files.sales_daily;
    expect(await loadCsv(workspace, database, "sales_daily", lines, { again: true })).toMatchObject({
      read: 2,
      rejected: 0,
    });
    await query(database, `ALTER DATABASE ${row?.name} RESET datestyle`);
  });

  test("text is stored unchanged: line ends, quotes, backslashes, the end marker of COPY", async () => {
    const name = 'a "b"\r\n\\.\n\\N,\tc\\';
    await loadCsv(workspace, database, "store", `code,name\n"\\.","${name.replaceAll('"', '""')}"\n\\N,x\n`);
    expect(
      await query(
        database,
        String.raw`SELECT code, name FROM store WHERE code LIKE '\\%' ORDER BY code DESC`,
      ),
    ).toEqual([
      { code: "\\N", name: "x" },
      { code: "\\.", name },
    ]);
  });
});
