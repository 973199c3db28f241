import { spawn } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { ForecastLabError } from "../../src/errors.ts";
import { load } from "../../src/ingest/index.ts";
import { program } from "../cli/support/command-line.ts";
import { freshDatabase, urlOf } from "../support/warehouse.ts";
import { fillDimensions, query, Workspace } from "./support/load.ts";

const database = await freshDatabase();
await fillDimensions(database);
const workspace = new Workspace();

const header = "date,store_code,sku,quantity,unit_price,total_amount";
const object = (date: string) =>
  `{"date":"${date}","store_code":"S1","sku":"A","quantity":2,"unit_price":1.50,"total_amount":3.00}`;

describe("standard input", () => {
  const temporary = workspace.path("tmp");
  mkdirSync(temporary);

  /** Runs `load sales_daily` with bytes on its standard input. */
  function loadInput(
    content: Buffer | string,
    args: string[],
  ): Promise<{ status: number | null; said: string }> {
    const child = spawn(process.execPath, [program, "load", "sales_daily", ...args], {
      cwd: workspace.folder,
      env: { ...process.env, DATABASE_URL: urlOf(database), TMPDIR: temporary },
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
    child.stdin.on("error", () => {});
    child.stdin.end(content);
    return new Promise((resolve) => child.on("close", (status) => resolve({ status, said })));
  }

  test("may have any format, next to other files, and is named in rejects", async () => {
    const other = workspace.write("other.csv", `${header}\n2024-01-02,S1,A,2,1.5,3\n`);
    const packed = await loadInput(gzipSync(object("2024-01-01")), ["-", other]);
    expect(packed).toMatchObject({ status: 0 });
    expect(await query(database, "SELECT date, quantity FROM sales_daily ORDER BY date")).toEqual([
      { date: "2024-01-01", quantity: 2 },
      { date: "2024-01-02", quantity: 2 },
    ]);
    const faulty = await loadInput(`${header}\n2024-01-32,S1,A,2,1.50,3.00\n`, ["-"]);
    expect(faulty.status).toBe(3);
    expect(faulty.said).toContain('standard input record 1, date "2024-01-32": not a date');
    expect(readdirSync(temporary)).toEqual([]);
  });

  test("given twice, or empty, fails with one sentence", async () => {
    const twice = await load(database, { table: "sales_daily", files: ["-", "-"] }).catch((error) => error);
    expect(twice).toBeInstanceOf(ForecastLabError);
    expect(twice.message).toBe("- is named more than once.");
    const empty = await loadInput("", ["-"]);
    expect(empty).toMatchObject({
      status: 1,
      said: expect.stringContaining("standard input is empty. [FILE_EMPTY]"),
    });
  });
});
