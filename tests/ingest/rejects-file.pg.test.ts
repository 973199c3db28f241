import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { freshDatabase } from "../support/warehouse.ts";
import { fillDimensions, loadCsv, query, rejectedRows, Workspace } from "./support/load.ts";

/* The rejects file: each rejected row as it was in its source, to be fixed and loaded again. */

const database = await freshDatabase();
await fillDimensions(database);
const workspace = new Workspace();

const header = "date,store_code,sku,quantity,unit_price,total_amount";
const good = "2024-01-05,S1,A,2,1.50,3.00";
const some = { maxRejects: { percent: 100 } };

/** A copy of the rejects file with some text replaced. */
function fixed(file: string | null, ...replacements: [string, string][]): string {
  const text = readFileSync(file ?? "", "utf8");
  return workspace.csv(replacements.reduce((fixing, [from, to]) => fixing.replaceAll(from, to), text));
}

describe("the rejects file", () => {
  test("has one line per rejected row: its columns as they were, its place, and all that is wrong with it", async () => {
    const lines = [header, good, "2024-02-30,S9,A,2,1.50,3.00", "2024-01-06,S1,A,1.0,1.5,", good];
    const result = await loadCsv(workspace, database, "sales_daily", lines, some);
    const [file = ""] = result.files.map(({ path }) => path);
    expect(result).toMatchObject({ read: 4, inserted: 1, duplicates: 1, rejected: 2 });
    expect(readFileSync(result.rejects_file ?? "", "utf8").split("\n")[0]).toBe(
      `${header},_file,_record,_codes,_why`,
    );
    expect(rejectedRows(result)).toEqual([
      {
        ...{
          date: "2024-02-30",
          store_code: "S9",
          sku: "A",
          quantity: "2",
          unit_price: "1.50",
          total_amount: "3.00",
        },
        ...{ _file: file, _record: "2", _codes: "DATE_INVALID UNKNOWN_STORE" },
        _why: 'date "2024-02-30": not a date of the calendar written YYYY-MM-DD; store_code "S9": the store is not in the table store',
      },
      {
        ...{
          date: "2024-01-06",
          store_code: "S1",
          sku: "A",
          quantity: "1.0",
          unit_price: "1.5",
          total_amount: "",
        },
        ...{ _file: file, _record: "3", _codes: "VALUE_MISSING" },
        _why: "total_amount: the column needs a value and the field is empty",
      },
    ]);
  });

  test("has the fields of a malformed record as far as they can be read, and its line", async () => {
    const lines = ["code,name,city", "T1", 'T2,"x" ,y', "T3,x,y,z", "T4,x,y", 'T5,x,"y'];
    const result = await loadCsv(workspace, database, "store", lines, some);
    expect(rejectedRows(result).map(({ _file, _why, ...row }) => Object.values(row))).toEqual([
      ["T1", "", "", "1", "TOO_FEW_FIELDS", "T1"],
      ["T2", "", "", "2", "MALFORMED_QUOTE", 'T2,"x" ,y'],
      ["T3", "x", "y", "3", "TOO_MANY_FIELDS", "T3,x,y,z"],
      ["T5", "x", "", "5", "UNCLOSED_QUOTE", 'T5,x,"y'],
    ]);
    expect(Object.keys(rejectedRows(result)[0] ?? {}).at(-1)).toBe("_line");
  });

  test("is in the order of files and records, and has the rejects of all files", async () => {
    const files = ["x,S1,A,1,1,1", "2024-01-01,S1"].map((line) =>
      workspace.csv([header, good, line, "y,S1,A,1,1,1"]),
    );
    const result = await loadCsv(workspace, database, "sales_daily", "", { ...some, files });
    expect(rejectedRows(result).map(({ _file, _record, date }) => [_file, _record, date])).toEqual([
      [files[0], "2", "x"],
      [files[0], "3", "y"],
      [files[1], "2", "2024-01-01"],
      [files[1], "3", "y"],
    ]);
  });

  test("has the right record numbers, for any mixture of known and unknown keys", async () => {
    const own = await freshDatabase();
    await query(
      own,
      "INSERT INTO store (code, name) SELECT 'S' || n, 'n' FROM generate_series(1, 20000) AS n",
    );
    const { length } = Array.from({ length: 5000 });
    const codes = Array.from({ length }, (_, index) =>
      index % 7 === 3 ? `U${index}` : `S${20000 - index * 3}`,
    );
    await query(
      own,
      "INSERT INTO calendar (date, day_of_week, month, quarter, year) VALUES ('2024-01-01', 0, 1, 1, 2024)",
    );
    const lines = ["date,store_code,visitors", ...codes.map((code) => `2024-01-01,${code},1`)];
    const result = await loadCsv(workspace, own, "traffic_daily", lines, { ...some, dryRun: true });
    const unknown = codes.flatMap((code, index) => (code.startsWith("U") ? [`${index + 1} ${code}`] : []));
    expect(result.rejects.map(({ record, value }) => `${record} ${value}`)).toEqual(unknown);
    expect(rejectedRows(result).map(({ _record, store_code }) => `${_record} ${store_code}`)).toEqual(
      unknown,
    );
  });
});

describe("a fixed rejects file", () => {
  test("is loaded as it is, and the next rejects file still names the original places", async () => {
    const lines = [header, "2024-01-10,S1,A,x,1.50,3.00", "2024-01-32,S1,B,2,1.50,3.00"];
    const first = await loadCsv(workspace, database, "sales_daily", lines, some);
    const [file] = first.files.map(({ path }) => path);
    const half = fixed(first.rejects_file, ["2024-01-10,S1,A,x,", "2024-01-10,S1,A,2,"]);
    const second = await loadCsv(workspace, database, "sales_daily", "", { ...some, files: [half] });
    expect(second).toMatchObject({ read: 2, inserted: 1, rejected: 1 });
    expect(second.rejects).toMatchObject([{ file: half, record: 2, value: "2024-01-32" }]);
    expect(rejectedRows(second)).toMatchObject([{ date: "2024-01-32", _file: file, _record: "2" }]);
    const whole = fixed(second.rejects_file, ["2024-01-32,", "2024-01-12,"]);
    expect(await loadCsv(workspace, database, "sales_daily", "", { files: [whole] })).toMatchObject({
      inserted: 1,
      rejected: 0,
    });
  });

  test("needs the same mapping but no format, and its rows keep their original places", async () => {
    const mapping = `
      table: sales_txn
      format: { delimiter: ";", quote: "'", encoding: latin-1, header: [day, place, item, pieces] }
      columns:
        date: day
        store_code: place
        sku: item
        txn_id: regexp_extract(_file, 'file') || _record
        line_no: 1
        quantity: pieces
        unit_price: 1
        total_amount: pieces
    `;
    const source = Buffer.from("2024-01-01;S1;A;1\n2024-01-01;'Zür;ich';A;1\n2024-01-01;S1;A\n", "latin1");
    const first = await loadCsv(workspace, database, "sales_txn", source, { ...some, mapping });
    expect(rejectedRows(first).map(({ place, _record, _codes }) => [place, _record, _codes])).toEqual([
      ["Zür;ich", "2", "UNKNOWN_STORE"],
      ["S1", "3", "TOO_FEW_FIELDS"],
    ]);
    const half = fixed(first.rejects_file, ["Zür;ich", "S2"], ["S1,A,,", "S1,A,5,"]);
    const second = await loadCsv(workspace, database, "sales_txn", "", { ...some, files: [half], mapping });
    expect(second).toMatchObject({ inserted: 1, reject_codes: { NOT_FIXED: 1 } });
    expect(rejectedRows(second)).toMatchObject([{ pieces: "5", _line: "2024-01-01;S1;A" }]);
    const whole = fixed(second.rejects_file, ["2024-01-01;S1;A", ""]);
    const third = await loadCsv(workspace, database, "sales_txn", "", { files: [whole], mapping });
    expect(third).toMatchObject({ inserted: 1, rejected: 0 });
    const found = await query(database, "SELECT txn_id, quantity FROM sales_txn ORDER BY quantity, txn_id");
    expect(found).toEqual([
      { txn_id: "file1", quantity: 1 },
      { txn_id: "file2", quantity: 1 },
      { txn_id: expect.stringMatching(/^file\d$/), quantity: 5 },
    ]);
  });
});
