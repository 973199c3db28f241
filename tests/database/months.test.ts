import { expect, test } from "vitest";
import {
  boundsOf,
  dayNumber,
  loadTableName,
  loadTablePattern,
  monthsBetween,
  partitionName,
} from "../../src/database/months.ts";
import { partitionFor } from "../../src/database/partitions.ts";

test("a month is bounded by its first day and that of the next month", () => {
  expect(boundsOf("2024-02")).toEqual({ from: "2024-02-01", to: "2024-03-01" });
  expect(boundsOf("2024-12")).toEqual({ from: "2024-12-01", to: "2025-01-01" });
  expect(boundsOf("0999-12")).toEqual({ from: "0999-12-01", to: "1000-01-01" });
});

test("the months between two are in order, both included", () => {
  expect(monthsBetween("2023-11", "2024-02")).toEqual(["2023-11", "2023-12", "2024-01", "2024-02"]);
  expect(monthsBetween("2024-02", "2024-02")).toEqual(["2024-02"]);
});

test("the name of a load's table says table and month, and is told from a partition's", () => {
  const name = loadTableName("sales_daily", "2024-02", 17);
  expect(name).toBe("sales_daily_2024_02_load_17");
  expect(new RegExp(loadTablePattern).exec(name)?.slice(1)).toEqual(["sales_daily", "2024", "02"]);
  expect(partitionName("sales_daily", "2024-02")).not.toMatch(new RegExp(loadTablePattern));
});

test("days are ordered as days, also beyond the year 9999 and before Christ", () => {
  const days = [
    "0044-03-15 BC",
    "0001-12-31 BC",
    "0001-01-01",
    "0999-12-31",
    "9999-12-01",
    "9999-12-31",
    "10000-01-01",
  ];
  expect(days.map(dayNumber)).toEqual(days.map(dayNumber).sort((a, b) => a - b));
  expect(new Set(days.map(dayNumber)).size).toBe(days.length);
});

test("a month is found in the partition that has its days, whatever their years", () => {
  const between = (name: string, from: string | null, to: string | null) => ({ name, from, to });
  const partitions = [
    between("ancient", null, "0900-01-01"),
    between("own", "9999-12-01", "10000-01-01"),
    between("wide", "2024-01-01", "9999-12-01"),
  ];
  expect(partitionFor(partitions, "9999-12")?.name).toBe("own");
  expect(partitionFor(partitions, "9999-11")?.name).toBe("wide");
  expect(partitionFor(partitions, "0001-01")?.name).toBe("ancient");
  expect(partitionFor(partitions, "2023-12")).toBeUndefined();
});
