import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Workspace } from "./support/load.ts";
import { validate } from "./support/validate.ts";

/* Small files are read in batches of 50; see source/intake.ts. */

const workspace = new Workspace();
const header = "sku,name,brand";

/** Files of three records each, in their order. */
function folderOf(name: string, count: number, textOf: (index: number) => string): string {
  const first = workspace.write(`${name}/f000.csv`, textOf(0));
  for (let index = 1; index < count; index++) {
    writeFileSync(join(first, "..", `f${String(index).padStart(3, "0")}.csv`), textOf(index));
  }
  return join(first, "..");
}

const records = (index: number) => [0, 1, 2].map((row) => `P${index}-${row},name ${index},b${row}`);

test("many small files give what one file with their records gives, in the same order", async () => {
  const folder = folderOf("plain", 130, (index) => `${header}\n${records(index).join("\n")}\n`);
  const many = await validate(workspace, "product", "", { files: [folder] });
  const all = Array.from({ length: 130 }, (_, index) => records(index)).flat();
  const one = await validate(workspace, "product", [header, ...all]);
  expect(many.rows).toEqual(one.rows);
  expect(many).toMatchObject({ source_rows: 390, accepted: 390, rejected: 0 });
});

test("later files take precedence under `last`, in whatever batch they are", async () => {
  const textOf = (index: number) => `${header}\nP,name ${index},b\nQ${index % 60},name ${index},b\n`;
  const folder = folderOf("last", 130, textOf);
  const { rows } = await validate(workspace, "product", "", { files: [folder], onDuplicate: "last" });
  expect(rows).toHaveLength(61);
  const names = new Map(rows.map(({ sku, name }) => [sku, name]));
  expect(names.get("P")).toBe("name 129");
  expect(names.get("Q5")).toBe("name 125");
  expect(names.get("Q20")).toBe("name 80");
});

test("rejects name their file and record, and irregular files among them are read as always", async () => {
  const special: Record<number, string> = {
    // No rows, a fault of structure, a quoted line end, CRLF, a value that is rejected.
    3: `${header}\n`,
    20: `${header}\nX1,a,b\nX2,a\nX3,a,b\n`,
    70: `${header}\nY1,"two\nlines",b\nY2,a,b\n`,
    71: `${header}\r\nZ1,a,b\r\nZ2,a,b\r\n`,
    99: `${header}\nV1,a,b\n,a,b\nV3,a,b\n`,
    120: `${header}\nW1,"stray" quote,b\nW2,a,b\n`,
  };
  const textOf = (index: number) => special[index] ?? `${header}\n${records(index).join("\n")}\n`;
  const folder = folderOf("special", 130, textOf);
  const found = await validate(workspace, "product", "", { files: [folder] });
  const places = found.rejects.map(({ file, record, code }) => `${file.slice(-8)} ${record} ${code}`);
  expect(places).toEqual([
    expect.stringMatching(/^f020\.csv 2 /),
    expect.stringMatching(/^f099\.csv 2 /),
    expect.stringMatching(/^f120\.csv 1 /),
  ]);
  const skus = found.rows.map(({ sku }) => sku);
  expect(skus).toHaveLength(124 * 3 + 2 + 2 + 2 + 2 + 1);
  const among = (start: string) => skus.filter((sku) => sku?.startsWith(start));
  expect([..."XYZVW"].map(among)).toEqual([["X1", "X3"], ["Y1", "Y2"], ["Z1", "Z2"], ["V1", "V3"], ["W2"]]);
  expect(found.rows.find(({ sku }) => sku === "Y1")?.name).toBe("two\nlines");
});

test("an expression that fails in one file of a batch rejects its row there", async () => {
  const folder = folderOf(
    "failing",
    60,
    (index) => `sku,n\nA${index},1\nB${index},${index === 41 ? "x" : "2"}\n`,
  );
  const mapping = "table: product\ncolumns:\n  sku: sku\n  name: (CAST(n AS INTEGER) + 1)::VARCHAR";
  const found = await validate(workspace, "product", "", { files: [folder], mapping });
  expect(found.rejects.map(({ file, record, code }) => [file.slice(-8), record, code])).toEqual([
    ["f041.csv", 2, "EXPRESSION_FAILED"],
  ]);
  expect(found.accepted).toBe(119);
  expect(found.rows.find(({ sku }) => sku === "B40")?.name).toBe("3");
});

test("windows and places see the records of batches in their order", async () => {
  const folder = folderOf("windows", 60, (index) => `sku\nA${index}\nB${index}\n`);
  const mapping =
    "table: product\ncolumns:\n  sku: sku\n  name: row_number() OVER (ORDER BY _file, _record) || ' ' || right(_file, 8) || ' ' || _record";
  const { rows } = await validate(workspace, "product", "", { files: [folder], mapping });
  expect(rows[0]?.name).toBe("1 f000.csv 1");
  expect(rows[85]?.name).toBe("86 f042.csv 2");
  expect(rows.map(({ sku }) => sku)).toEqual(
    Array.from({ length: 60 }, (_, index) => [`A${index}`, `B${index}`]).flat(),
  );
});
