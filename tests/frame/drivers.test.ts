import { describe, expect, test } from "vitest";
import { perturbationsOf } from "../../src/frame/audit/perturbations.ts";
import { allDrivers, drivers } from "../../src/frame/drivers/index.ts";
import { engineTablesOf } from "../../src/frame/engine-tables.ts";
import { driverNames } from "../../src/frame/index.ts";
import { frameTables, isFactTable, snapshotTables } from "../../src/frame/source/frame-tables.ts";
import { tableNames } from "../../src/schema/tables.ts";
import { leakingReturns, returns, salesTxn } from "./support/returns-driver.ts";

/* What a driver declares, and what follows from it for every frame and audit. */

describe("the drivers", () => {
  test("are those that a spec can name, each under its name", () => {
    expect(Object.keys(drivers).sort()).toEqual([...driverNames].sort());
    for (const [name, driver] of Object.entries(drivers)) expect(driver.name).toBe(name);
  });

  test("read tables of the warehouse: all of them, but for the transactions that sales are rolled up from", () => {
    const names = frameTables().map(({ name }) => name);
    expect([...names, "sales_txn"].sort()).toEqual([...tableNames].sort());
    expect(snapshotTables()).toEqual([...names, "load_run"]);
  });

  test("are changed by the audit table by table: each statement writes to its own table, after a day", () => {
    for (const { name, perturbation } of frameTables()) {
      for (const statement of perturbation?.statements ?? []) {
        expect(statement).toMatch(new RegExp(`^(DELETE FROM|UPDATE|INSERT INTO) ${name}\\b`));
        expect(statement).toContain("$1::date");
      }
    }
    expect(frameTables().filter((table) => isFactTable(table) && table.perturbation === null)).toEqual([]);
    expect(["facts", "plans", "holidays"].map((kind) => perturbationsOf(kind as "facts").changes)).toEqual([
      "sales, inventory, traffic and weather",
      "prices and promotions",
      "holidays",
    ]);
  });

  test("make tables of DuckDB under names of their own", () => {
    const names = engineTablesOf(allDrivers).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("a driver over a table that no other one reads", () => {
  const withReturns = [...allDrivers, returns];

  test("adds its table to what a frame locks and an audit copies", () => {
    expect(snapshotTables(withReturns)).toEqual([...snapshotTables().slice(0, -1), "sales_txn", "load_run"]);
    expect(frameTables(withReturns)).toEqual([...frameTables(), salesTxn]);
  });

  test("adds its changes to those of the audit, once, however many drivers read the table", () => {
    const [before, after] = [perturbationsOf("facts"), perturbationsOf("facts", frameTables(withReturns))];
    expect(after.changes).toBe("sales, inventory, traffic, weather and returns");
    expect(after.statements).toEqual([...before.statements, ...salesTxn.perturbation.statements]);
    expect(perturbationsOf("facts", frameTables([...withReturns, leakingReturns]))).toEqual(after);
    expect(perturbationsOf("plans", frameTables(withReturns))).toEqual(perturbationsOf("plans"));
  });

  test("adds its tables of DuckDB to the declared ones", () => {
    expect(engineTablesOf(withReturns)).toEqual([...engineTablesOf(allDrivers), ...returns.engineTables]);
  });
});
