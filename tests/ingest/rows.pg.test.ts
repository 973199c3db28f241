import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type LoadRequest, load, loadRuns, parseMapping } from "../../src/ingest/index.ts";
import { freshDatabase, serverVersions } from "../support/warehouse.ts";
import { fillDimensions, query, Workspace } from "./support/load.ts";

/* Rows of a program in place of files. */

const sale = (date: string, quantity: unknown, rest: Record<string, unknown> = {}) => ({
  date,
  store_code: "S1",
  sku: "A",
  quantity,
  unit_price: "1.50",
  total_amount: "3.00",
  ...rest,
});

describe.each(serverVersions())("rows on PostgreSQL %s", async (server) => {
  const database = await freshDatabase({ server });
  await fillDimensions(database);
  const workspace = new Workspace();
  const loadRows = (rows: unknown, rest: Partial<LoadRequest> = {}) =>
    load(database, {
      table: "sales_daily",
      rows: rows as NonNullable<LoadRequest["rows"]>,
      rejects: workspace.path("rejects.csv"),
      ...rest,
    });

  test("are loaded like a file: the ledger names them, and the same rows are recognized", async () => {
    const rows = [sale("2024-01-30", 2), sale("2024-01-31", 3n), sale("2024-02-01", "4")];
    const first = await loadRows(rows);
    expect(first).toMatchObject({ read: 3, inserted: 3, rejected: 0, files: [{ path: "rows", rows: 3 }] });
    const [run] = await loadRuns(database);
    expect(run).toMatchObject({ id: first.load_id, files: [{ path: "rows", rows: 3 }] });
    expect(await loadRows(new Set(rows))).toMatchObject({
      load_id: null,
      already_loaded: [{ path: "rows", load_id: first.load_id }],
    });
    expect(await query(database, "SELECT date, quantity, unit_price FROM sales_daily ORDER BY date")).toEqual(
      [
        { date: "2024-01-30", quantity: 2, unit_price: "1.50" },
        { date: "2024-01-31", quantity: 3, unit_price: "1.50" },
        { date: "2024-02-01", quantity: 4, unit_price: "1.50" },
      ],
    );
  });

  test("may come from an async iterable, through a mapping, whatever the format of its files is", async () => {
    async function* stores() {
      yield { id: "S3", label: 'Käse "Ω" \u2028, end', open: true };
      yield { id: "S4", label: null };
      yield { id: "S5", label: undefined };
    }
    const mapping = parseMapping(
      "table: store\nformat: { encoding: latin-1, delimiter: ';' }\ncolumns: { code: id, name: \"coalesce(label, 'none')\" }",
      "test.yaml",
    );
    expect(await loadRows(stores(), { table: "store", mapping })).toMatchObject({ inserted: 3 });
    const names = await query(
      database,
      "SELECT name FROM store WHERE code IN ('S3', 'S4', 'S5') ORDER BY code",
    );
    expect(names).toEqual([{ name: 'Käse "Ω" \u2028, end' }, { name: "none" }, { name: "none" }]);
  });

  test("a faulty row is rejected with its place, and the others wait for the limit", async () => {
    const result = await loadRows([sale("2024-01-02", 1), sale("2024-02-30", 1)], {
      maxRejects: { rows: 1 },
    });
    expect(result).toMatchObject({ inserted: 1, rejected: 1 });
    expect(result.first_rejects).toMatchObject([{ file: "rows", record: 2, code: "DATE_INVALID" }]);
  });
});

describe("rows", async () => {
  const database = await freshDatabase();
  await fillDimensions(database);
  const workspace = new Workspace();
  const loadRows = (rows: unknown, rest: Partial<LoadRequest> = {}) =>
    load(database, {
      table: "sales_daily",
      rows: rows as NonNullable<LoadRequest["rows"]>,
      rejects: workspace.path("rejects.csv"),
      ...rest,
    });

  test.each([
    [sale("2024-01-03", new Date(0)), "its column quantity has a Date"],
    [sale("2024-01-03", Number.NaN), "its column quantity has NaN"],
    [sale("2024-01-03", { a: 1 }), "its column quantity has an object"],
    [sale("2024-01-03", [1]), "its column quantity has an array"],
    [sale("2024-01-03", () => 1), "its column quantity has a function"],
    [null, "it is null and not an object"],
    ["a,b", "it is a string and not an object"],
    [["2024-01-03"], "it is an array and not an object"],
    [new Map(), "it is a Map, a Set or another iterable and not an object"],
  ])("a row that is none, or a value that no column can have, is a sentence (%#)", async (row, problem) => {
    await expect(loadRows([sale("2024-01-03", 1), row])).rejects.toMatchObject({
      code: "ROWS_INVALID",
      message: `Row 2 of the given rows cannot be loaded: ${problem}.`,
    });
    expect(await query(database, "SELECT FROM sales_daily")).toEqual([]);
  });

  test("an error of their source is named as such, with it as the cause, and nothing is loaded", async () => {
    const failure = Object.assign(new Error("the API is away"), { code: "ENOENT" });
    async function* failing() {
      yield sale("2024-01-03", 1);
      throw failure;
    }
    await expect(loadRows(failing())).rejects.toMatchObject({
      code: "ROWS_SOURCE_FAILED",
      message: "The source of the rows failed after 1 rows: the API is away.",
      cause: failure,
    });
  });

  test("none at all is an error, as an empty file is", async () => {
    await expect(loadRows([])).rejects.toMatchObject({ code: "FILE_EMPTY" });
  });

  test("files next to rows are refused", async () => {
    await expect(loadRows([], { files: ["a.csv"] })).rejects.toMatchObject({
      code: "USAGE",
      message: "A load takes either files or rows, not both.",
    });
  });

  test("an abort ends a load whose source never gives the next row, and leaves no folder", async () => {
    const controller = new AbortController();
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith("forecastlab-")).length;
    async function* stuck() {
      yield sale("2024-01-03", 1);
      controller.abort(new Error("enough"));
      await sleep(600_000, undefined, { ref: false });
    }
    await expect(loadRows(stuck(), { signal: controller.signal })).rejects.toThrow("enough");
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith("forecastlab-")).length;
    expect(after).toBeLessThanOrEqual(before);
  });
});
