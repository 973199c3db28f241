import { allDrivers } from "../drivers/index.ts";
import { spineTables } from "../spine/tables.ts";
import type { FactTable, WarehouseTable } from "./warehouse-table.ts";

/** The part of a driver that matters here. */
interface Reads {
  readonly reads: readonly WarehouseTable[];
}

/** The tables of the warehouse that frames with these drivers read: those of the spine, then those of the drivers. Each is there once. */
export function frameTables(drivers: readonly Reads[] = allDrivers): WarehouseTable[] {
  const tables = [...spineTables, ...drivers.flatMap(({ reads }) => reads)];
  return [...new Map(tables.map((table) => [table.name, table])).values()];
}

/** The names of the tables that a frame reads in one snapshot, with the ledger of loads. */
export function snapshotTables(drivers?: readonly Reads[]): string[] {
  return [...frameTables(drivers).map(({ name }) => name), "load_run"];
}

/** Whether the rows of a table have a day: facts and plans. */
export const isFactTable = (table: WarehouseTable): table is FactTable => table.day !== null;
