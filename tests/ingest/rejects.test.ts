import { describe, expect, test } from "vitest";
import { faultsOf, Workspace } from "./support/load.ts";
import { validate } from "./support/validate.ts";

/* Rejects: each reason is reported with its record, column, code and value. */

const workspace = new Workspace();
const sales = "date,store_code,sku,quantity,unit_price,total_amount";
const good = "2024-01-05,S1,A,2,1.50,3.00";

/** Validates lines of which some must be rejected, and checks that every row is accounted for. */
async function rejected(lines: string | Buffer | readonly string[], table = "sales_daily") {
  const result = await validate(workspace, table, lines);
  expect(result.rejected).toBeGreaterThan(0);
  expect(result.rejected).toBe(new Set(result.rejects.map(({ record }) => record)).size);
  expect(result.read).toBe(result.rejected + result.accepted + result.duplicates);
  return result;
}

/** One invalid row between two valid ones. */
const between = (line: string) => [sales, good, line, "2024-01-06,S1,A,1,1.50,1.50"];

describe("values", () => {
  const invalid = [
    ["a day that does not exist", "2024-02-30,S1,A,2,1.50,3.00", "date DATE_INVALID 2024-02-30"],
    ["a zero date", "0000-00-00,S1,A,2,1.50,3.00", "date DATE_INVALID 0000-00-00"],
    ["a date with the day first", "31/01/2024,S1,A,2,1.50,3.00", "date DATE_INVALID 31/01/2024"],
    ["a date without leading zeros", "2024-1-5,S1,A,2,1.50,3.00", "date DATE_INVALID 2024-1-5"],
    ["a timestamp", "2024-01-05 08:00:00,S1,A,2,1.50,3.00", "date DATE_INVALID 2024-01-05 08:00:00"],
    ["a date before Christ", "2024-01-05 (BC),S1,A,2,1.50,3.00", "date DATE_INVALID 2024-01-05 (BC)"],
    ["infinity as a date", "infinity,S1,A,2,1.50,3.00", "date DATE_INVALID infinity"],
    ["the epoch as a date", "epoch,S1,A,2,1.50,3.00", "date DATE_INVALID epoch"],
    ["NaN", "2024-01-05,S1,B,2,NaN,3.00", "unit_price NUMBER_INVALID NaN"],
    ["infinity", "2024-01-05,S1,B,2,Infinity,3.00", "unit_price NUMBER_INVALID Infinity"],
    ["a huge exponent", "2024-01-05,S1,B,2,1e400,3.00", "unit_price NUMBER_INVALID 1e400"],
    ["a decimal comma", '2024-01-05,S1,B,2,"1,5",3.00', "unit_price NUMBER_INVALID 1,5"],
    ["a currency sign", "2024-01-05,S1,B,2,$9.99,3.00", "unit_price NUMBER_INVALID $9.99"],
    ["more decimals than are kept", "2024-01-05,S1,B,2,1.005,3.00", "unit_price NUMBER_TOO_PRECISE 1.005"],
    ["more digits than fit", "2024-01-05,S1,B,2,100000000,3.00", "unit_price NUMBER_OUT_OF_RANGE 100000000"],
    ["a fraction of a unit", "2024-01-05,S1,B,2.5,1.50,3.00", "quantity INTEGER_INVALID 2.5"],
    ["an exponent", "2024-01-05,S1,B,1e3,1.50,3.00", "quantity INTEGER_INVALID 1e3"],
    ["underscores", "2024-01-05,S1,B,1_000,1.50,3.00", "quantity INTEGER_INVALID 1_000"],
    ["hexadecimal", "2024-01-05,S1,B,0x1F,1.50,3.00", "quantity INTEGER_INVALID 0x1F"],
    ["blanks around a number", "2024-01-05,S1,B, 5 ,1.50,3.00", "quantity INTEGER_INVALID  5"],
    [
      "an integer too large",
      "2024-01-05,S1,B,2147483648,1.50,3.00",
      "quantity NUMBER_OUT_OF_RANGE 2147483648",
    ],
    ["a missing value", "2024-01-05,S1,B,,1.50,3.00", "quantity VALUE_MISSING"],
    ["a missing key", "2024-01-05,,B,1,1.50,3.00", "store_code VALUE_MISSING"],
    ["a negative quantity", "2024-01-05,S1,B,-1,1.50,3.00", "quantity CHECK_FAILED -1"],
    ["an unknown store", "2024-01-05,S9,B,1,1.50,3.00", "store_code UNKNOWN_STORE S9"],
    ["an unknown product", "2024-01-05,S1,Z,1,1.50,3.00", "sku UNKNOWN_PRODUCT Z"],
    ["a day that is not in the calendar", "2025-01-05,S1,B,1,1.50,3.00", "date UNKNOWN_DATE 2025-01-05"],
  ] as const;
  const whole = rejected([sales, ...invalid.map(([, line]) => line), good]);
  test.for(invalid.map(([what, , fault], index) => [what, `${index + 1} ${fault}`] as const))(
    "rejected: %s",
    async ([, fault]) => {
      const own = faultsOf(await whole).filter((line) => line.startsWith(`${fault.split(" ")[0]} `));
      expect(own).toEqual([fault]);
    },
  );

  const accepted = [
    ["plain numbers", "2024-01-05,S1,A,2,1.50,3.00"],
    ["whole numbers with a point, and fractions without a zero", "2024-01-05,S1,A,2.0,.5,1.000"],
    ["leading zeros", "2024-01-05,S1,A,0002,001.5,3"],
    ["negative zero", "2024-01-05,S1,A,-0,0,-0.00"],
  ] as const;
  test.for(accepted)("accepted: %s", async ([, line]) => {
    const result = await validate(workspace, "sales_daily", [sales, line]);
    expect(faultsOf(result)).toEqual([]);
    expect(result).toMatchObject({ accepted: 1 });
  });

  test("text longer than the column, counted in characters", async () => {
    const [fits, long] = ["é".repeat(20), "é".repeat(21)];
    const result = await rejected(["code,name", `${fits},ok`, `${long},too long`, "S3,"], "store");
    expect(faultsOf(result)).toEqual([`2 code TEXT_TOO_LONG ${long}`, "3 name VALUE_MISSING"]);
    expect(result.rejects[0]?.message).toBe("longer than 20 characters");
  });

  test("all invalid values of a row are found at once", async () => {
    const result = await rejected(between("2024-02-30,S9,Z,-1,1.005,x"));
    expect(faultsOf(result)).toEqual([
      "2 date DATE_INVALID 2024-02-30",
      "2 store_code UNKNOWN_STORE S9",
      "2 sku UNKNOWN_PRODUCT Z",
      "2 unit_price NUMBER_TOO_PRECISE 1.005",
      "2 total_amount NUMBER_INVALID x",
      "2 quantity CHECK_FAILED -1",
    ]);
    expect(result).toMatchObject({
      read: 3,
      rejected: 1,
      accepted: 2,
      reject_codes: { DATE_INVALID: 1, UNKNOWN_STORE: 1, CHECK_FAILED: 1 },
    });
  });

  test("a CHECK over several columns names them and the constraint", async () => {
    const result = await rejected(
      ["sku,store_code,name,start_date,end_date", "A,,Sale,2024-02-01,2024-01-31"],
      "promotion",
    );
    expect(result.rejects).toMatchObject([
      {
        column: "start_date, end_date",
        code: "CHECK_FAILED",
        value: "start_date=2024-02-01, end_date=2024-01-31",
        message: expect.stringMatching(/^ck_promotion_valid_dates: /),
      },
    ]);
  });

  test("long values are shortened in the rejects", async () => {
    const nasty = `"${'say ""x"", '.repeat(100)}"`;
    const result = await rejected(between(`2024-01-05,S1,A,${nasty},1.50,3.00`));
    expect(result.rejects[0]?.value).toHaveLength(200);
    expect(result.rejects[0]?.value.startsWith('say "x", say "x"')).toBe(true);
  });
});

describe("the structure of a file", () => {
  test("too few and too many fields", async () => {
    const result = await rejected([
      sales,
      good,
      "2024-01-06,S1",
      `${good},7`,
      "",
      "2024-01-07,S1,A,1,1.50,1.50",
    ]);
    expect(result.rejects).toMatchObject([
      {
        record: 2,
        code: "TOO_FEW_FIELDS",
        value: "2024-01-06,S1",
        message: "2 fields, and the header has 6",
      },
      { record: 3, code: "TOO_MANY_FIELDS", message: "7 fields, and the header has 6" },
    ]);
    expect(result).toMatchObject({ read: 4, accepted: 2 });
  });

  test("an unclosed quote does not hide other rows", async () => {
    const result = await rejected([
      sales,
      '2024-01-05,"S1,A,1,1.50,1.50',
      "2024-02-30,S1,A,1,1.50,1.50",
      good,
    ]);
    expect(faultsOf(result)).toEqual([
      '1  UNCLOSED_QUOTE 2024-01-05,"S1,A,1,1.50,1.50',
      "2 date DATE_INVALID 2024-02-30",
    ]);
  });

  test("text after a closing quote", async () => {
    expect(faultsOf(await rejected(between('2024-01-06,"S1"x,A,1,1.50,1.50')))).toEqual([
      '2  MALFORMED_QUOTE 2024-01-06,"S1"x,A,1,1.50,1.50',
    ]);
  });

  test("NUL bytes", async () => {
    expect(faultsOf(await rejected(between("2024-01-06,S\0,A,1,1.50,1.50")))).toEqual([
      "2  NUL_BYTE 2024-01-06,S␀,A,1,1.50,1.50",
    ]);
  });

  test("Latin-1 bytes, with the option that reads them", async () => {
    const latin1 = Buffer.from("code,name\nS3,Café\nS4,Bar\n", "latin1");
    const result = await rejected(latin1, "store");
    expect(result.rejects).toMatchObject([{ record: 1, code: "INVALID_UTF8" }]);
    expect(result.rejects[0]?.message).toContain("--encoding latin-1");
    const decoded = await validate(workspace, "store", latin1, { encoding: "latin-1" });
    expect(decoded).toMatchObject({ accepted: 2, rejected: 0 });
  });

  test("records are counted, not lines: fields may hold line ends", async () => {
    const lines = ["code,name", '"S3","two\nlines"', "", '"S4","three\r\n\nlines"', "S5", "S6,x,y", "S7,"];
    expect(faultsOf(await rejected(lines, "store"))).toEqual([
      "3  TOO_FEW_FIELDS S5",
      "4  TOO_MANY_FIELDS S6,x,y",
      "5 name VALUE_MISSING",
    ]);
  });
});

describe("keys", () => {
  test("are all unknown in a warehouse without stores, products and days", async () => {
    const dimensions = { store: [], product: [], calendar: [] };
    expect(faultsOf(await validate(workspace, "sales_daily", [sales, good], { dimensions }))).toEqual([
      "1 date UNKNOWN_DATE 2024-01-05",
      "1 store_code UNKNOWN_STORE S1",
      "1 sku UNKNOWN_PRODUCT A",
    ]);
  });
});

describe("several rows", () => {
  test("of one grain with different values are all rejected, and each names another", async () => {
    const result = await rejected([
      sales,
      good,
      good,
      "2024-01-05,S1,A,9,1.50,3.00",
      "2024-01-06,S1,A,1,1,1",
    ]);
    expect(result.rejects.map(({ record, code, value }) => `${record} ${code} ${value}`)).toEqual([
      "1 DUPLICATE_GRAIN 2024-01-05, S1, A",
      "2 DUPLICATE_GRAIN 2024-01-05, S1, A",
      "3 DUPLICATE_GRAIN 2024-01-05, S1, A",
    ]);
    expect(result.rejects.map(({ message }) => /record (\d+) of/.exec(message)?.[1])).toEqual([
      "3",
      "3",
      "1",
    ]);
    expect(result).toMatchObject({ read: 4, duplicates: 0, rejected: 3, accepted: 1 });
  });

  test("of one grain in two files name each other", async () => {
    const [a, b] = [workspace.csv([sales, good]), workspace.csv([sales, "2024-01-05,S1,A,9,1.50,3.00"])];
    const result = await validate(workspace, "sales_daily", "", { files: [a, b] });
    expect(result.rejects.map(({ file, record }) => [file, record])).toEqual([
      [a, 1],
      [b, 1],
    ]);
    expect(result.rejects[0]?.message).toBe(
      `record 1 of ${b} has the same grain and other values: quantity "9", here "2"`,
    );
  });

  test("of one grain say which columns differ, and how", async () => {
    const lines = ["sku,name,brand,category", "P1,Milk,,dairy", "P1,Milk 1 l,Alm,dairy", "P1,Milk,,dairy"];
    const result = await rejected(lines, "product");
    const differs = (record: number, file = result.rejects[0]?.file) =>
      `record ${record} of ${file} has the same grain and other values`;
    expect(result.rejects.map(({ message }) => message)).toEqual([
      `${differs(2)}: name "Milk 1 l", here "Milk"; brand "Alm", here empty`,
      `${differs(1)}: name "Milk", here "Milk 1 l"; brand empty, here "Alm"`,
      `${differs(2)}: name "Milk 1 l", here "Milk"; brand "Alm", here empty`,
    ]);
  });

  test("for the whole chain have one grain: two promotions of one name and day", async () => {
    const header = "sku,store_code,name,start_date,end_date";
    const lines = ["A,,Sale,2024-01-01,2024-01-31", "A,,Sale,2024-01-01,2024-01-30"];
    expect(faultsOf(await rejected([header, ...lines], "promotion"))).toEqual([
      "1 sku, store_code, name, start_date DUPLICATE_GRAIN A, Sale, 2024-01-01",
      "2 sku, store_code, name, start_date DUPLICATE_GRAIN A, Sale, 2024-01-01",
    ]);
  });
});
