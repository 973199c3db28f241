import fc from "fast-check";
import { expect, test } from "vitest";
import { fillDimensions, loadCsv, query, Workspace } from "../support/load.ts";
import { freshDatabase } from "../support/warehouse.ts";

/*
 * The law of loads: read = inserted + updated + unchanged + duplicates + rejected, and the table is what a plain model in
 * JavaScript says, after any sequence of loads with faults, duplicates and corrections.
 */

const database = await freshDatabase();
await fillDimensions(database);
const workspace = new Workspace();

const header = "date,store_code,sku,quantity,unit_price,total_amount";
const cell = (...values: string[]) => fc.constantFrom(...values);
const rows = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(
      cell("2024-01-30", "2024-01-31", "2024-02-01"),
      cell("S1", "S2"),
      cell("A", "B"),
      cell("0", "1", "2", "2.0"),
      cell("1.50", "1.5", "2"),
      cell("3.00", "3"),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      cell("2024-01-31", "2024-02-30", "2030-01-01", ""),
      cell("S1", "S9"),
      cell("A", "Z"),
      cell("1", "-1", "x", ""),
      cell("1.50", "1.505"),
      cell("3.00"),
    ),
  },
  { weight: 1, arbitrary: cell("2024-01-31", '"x').map((only) => [only]) },
);
const loads = fc.array(
  fc.record({ rows: fc.array(rows, { minLength: 1, maxLength: 12 }), tolerant: fc.boolean() }),
  { minLength: 1, maxLength: 4 },
);

/** Grain to values, as the table shows them. */
type Table = Map<string, string>;

/** What a row says: its grain and values in the table's own spelling, or undefined where it is faulty. */
function meaning(row: string[]): { grain: string; values: string } | undefined {
  const [date = "", store = "", sku = "", quantity = "", price = "", amount = ""] = row;
  const sound =
    row.length === 6 &&
    ["2024-01-30", "2024-01-31", "2024-02-01"].includes(date) &&
    ["S1", "S2"].includes(store) &&
    ["A", "B"].includes(sku) &&
    /^\d+(\.0)?$/.test(quantity) &&
    /^\d+(\.\d\d?)?$/.test(price);
  if (!sound) return undefined;
  const values = [Number(quantity), Number(price).toFixed(2), Number(amount).toFixed(2)].join(" ");
  return { grain: [date, store, sku].join(" "), values };
}

/** Loads rows into the model: the table after it, and the counts. */
function model(table: Table, source: string[][], tolerant: boolean) {
  const read = source.map(meaning);
  const sound = read.filter((row) => row !== undefined);
  const groups = new Map<string, { values: string }[]>();
  for (const row of sound) groups.set(row.grain, [...(groups.get(row.grain) ?? []), row]);
  let rejected = read.length - sound.length;
  const counts = { inserted: 0, updated: 0, unchanged: 0, duplicates: 0 };
  const next: Table = new Map(table);
  for (const [grain, members] of groups) {
    const [{ values } = { values: "" }] = members;
    if (members.some((row) => row.values !== values)) {
      rejected += members.length;
      continue;
    }
    counts.duplicates += members.length - 1;
    const before = table.get(grain);
    counts[before === undefined ? "inserted" : before === values ? "unchanged" : "updated"]++;
    next.set(grain, values);
  }
  const published = rejected === 0 || tolerant;
  const { inserted, updated, unchanged, duplicates } = counts;
  const withheld = published ? 0 : inserted + updated + unchanged;
  const written = published ? { inserted, updated, unchanged } : { inserted: 0, updated: 0, unchanged: 0 };
  return {
    table: published ? next : table,
    counts: { read: read.length, ...written, duplicates, rejected, withheld, published },
  };
}

async function stored(): Promise<Table> {
  const found = await query<{ grain: string; values: string }>(
    database,
    `SELECT concat_ws(' ', date, code, sku) AS grain, concat_ws(' ', quantity, unit_price, total_amount) AS values
     FROM sales_daily JOIN store ON store.id = store_id JOIN product ON product.id = product_id`,
  );
  return new Map(found.map(({ grain, values }) => [grain, values]));
}

test("every row read is accounted for, and the table is what the loads say", async () => {
  await fc.assert(
    fc.asyncProperty(loads, async (sequence) => {
      await query(database, "DELETE FROM sales_daily");
      let expected: Table = new Map();
      for (const { rows: source, tolerant } of sequence) {
        const { table, counts } = model(expected, source, tolerant);
        expected = table;
        const result = await loadCsv(
          workspace,
          database,
          "sales_daily",
          [header, ...source.map((row) => row.join(","))],
          { maxRejects: tolerant ? { percent: 100 } : { rows: 0 }, again: true },
        );
        expect(result).toMatchObject(counts);
        const { read, inserted, updated, unchanged, duplicates, rejected, withheld } = result;
        expect(inserted + updated + unchanged + duplicates + rejected + withheld).toBe(read);
        expect(new Set(result.rejects.map(({ record }) => record)).size).toBe(rejected);
        expect(await stored()).toEqual(expected);
      }
    }),
    { numRuns: Number(process.env.RUNS ?? 15) },
  );
}, 600_000);
