import { beforeEach, describe, expect, test } from "vitest";
import { freshDatabase } from "../support/warehouse.ts";
import { faultsOf, fillDimensions, loadCsv, query, Workspace } from "./support/load.ts";

/* Validity windows of prices must not overlap within a product and store: a load rejects them before the database would. */

const database = await freshDatabase();
await fillDimensions(database);
const workspace = new Workspace();
beforeEach(() => query(database, "DELETE FROM price_history"));

const prices = (lines: readonly string[], options = {}) =>
  loadCsv(workspace, database, "price_history", ["sku,store_code,price,valid_from,valid_to", ...lines], {
    again: true,
    ...options,
  });

/** The stored windows as lines of a file. */
async function windows(): Promise<string[]> {
  const rows = await query<Record<string, unknown>>(
    database,
    `SELECT sku, code, price, valid_from, valid_to
     FROM price_history LEFT JOIN store ON store.id = store_id JOIN product ON product.id = product_id
     ORDER BY sku, code NULLS FIRST, valid_from`,
  );
  return rows.map((row) =>
    Object.values(row)
      .map((value) => value ?? "")
      .join(","),
  );
}

describe("price windows", () => {
  test("that follow one another, or are for other stores and products, do not overlap", async () => {
    const lines = [
      "A,,1.00,2024-01-01,2024-01-31",
      "A,,2.00,2024-02-01,",
      "A,S1,1.50,2024-01-15,2024-02-15",
      "A,S2,1.50,2024-01-15,2024-02-15",
      "B,,1.00,2024-01-01,",
    ];
    expect(await prices(lines)).toMatchObject({ inserted: 5, rejected: 0 });
    expect(await windows()).toEqual(lines);
  });

  test("that overlap within a load are all rejected, and each names another", async () => {
    const result = await prices([
      "A,S1,1.00,2024-01-01,2024-06-30",
      "A,S1,2.00,2024-02-01,2024-02-10",
      "A,S1,3.00,2024-06-30,",
      "A,S1,4.00,2023-01-01,2023-12-31",
      "A,,5.00,2024-02-05,2024-02-06",
    ]);
    expect(faultsOf(result)).toEqual([
      "1 sku, store_code, valid_from, valid_to OVERLAPPING_WINDOW A, S1, 2024-01-01, 2024-06-30",
      "2 sku, store_code, valid_from, valid_to OVERLAPPING_WINDOW A, S1, 2024-02-01, 2024-02-10",
      "3 sku, store_code, valid_from, valid_to OVERLAPPING_WINDOW A, S1, 2024-06-30",
    ]);
    expect(result.rejects.map(({ message }) => /record (\d)/.exec(message)?.[1])).toEqual(["2", "1", "1"]);
    expect(result).toMatchObject({ rejected: 3, withheld: 2 });
  });

  test("that overlap a stored one are rejected, with the stored window", async () => {
    await prices(["A,S1,1.00,2024-01-01,2024-01-31"]);
    const result = await prices(["A,S1,2.00,2024-01-31,", "A,S2,2.00,2024-01-31,"]);
    expect(result.rejects).toMatchObject([
      {
        record: 1,
        code: "OVERLAPPING_WINDOW",
        message: "overlaps the stored window from 2024-01-01 to 2024-01-31",
      },
    ]);
  });

  test("may move: a load may end the open window and start the next", async () => {
    await prices(["A,S1,1.00,2024-01-01,"]);
    const moved = ["A,S1,1.00,2024-01-01,2024-03-31", "A,S1,2.00,2024-04-01,"];
    expect(await prices(moved)).toMatchObject({ inserted: 1, updated: 1, rejected: 0 });
    expect(await windows()).toEqual(moved);
    const back = [
      "A,S1,1.00,2024-01-01,2024-01-31",
      "A,S1,1.50,2024-02-01,2024-03-31",
      "A,S1,2.00,2024-04-01,",
    ];
    expect(await prices(back.toReversed())).toMatchObject({ inserted: 1, updated: 1, unchanged: 1 });
    expect(await windows()).toEqual(back);
  });

  test("are rejected if the row that would make room for them is rejected", async () => {
    await prices(["A,S1,1.00,2024-01-01,"]);
    const lines = [
      "A,S1,x,2024-01-01,2024-03-31",
      "A,S1,2.00,2024-04-01,2024-04-30",
      "A,S1,3.00,2024-05-01,",
    ];
    const result = await prices([...lines, "B,,1.00,2024-01-01,"], { maxRejects: { rows: 3 } });
    expect(result.rejects.map(({ record, code }) => [record, code])).toEqual([
      [1, "NUMBER_INVALID"],
      [2, "OVERLAPPING_WINDOW"],
      [3, "OVERLAPPING_WINDOW"],
    ]);
    expect(result).toMatchObject({ inserted: 1, rejected: 3, published: true });
  });

  test("keep their end if a file does not give one", async () => {
    await prices(["A,S1,1.00,2024-01-01,2024-03-31"]);
    const header = "sku,store_code,price,valid_from";
    const lines = [header, "A,S1,1.10,2024-01-01", "A,S1,2.00,2024-04-01"];
    expect(await loadCsv(workspace, database, "price_history", lines)).toMatchObject({
      inserted: 1,
      updated: 1,
    });
    expect(await windows()).toEqual(["A,S1,1.10,2024-01-01,2024-03-31", "A,S1,2.00,2024-04-01,"]);
    const overlapping = await loadCsv(workspace, database, "price_history", [header, "A,S1,3.00,2024-05-01"]);
    expect(overlapping.rejects).toMatchObject([
      { code: "OVERLAPPING_WINDOW", message: "overlaps the stored window from 2024-04-01" },
    ]);
  });
});
