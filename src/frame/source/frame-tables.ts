import { allDrivers } from "../drivers/index.ts";
import { spineTables } from "../spine/tables.ts";
import type { FactTable, WarehouseTable } from "./warehouse-table.ts";

/** What is needed to know of a driver here: the tables it reads. */
interface Reads {
  readonly reads: readonly WarehouseTable[];
}

/** The tables of the warehouse that frames with these drivers read, each once: those of the spine, then those of the drivers. */
export function frameTables(drivers: readonly Reads[] = allDrivers): WarehouseTable[] {
  const tables = [...spineTables, ...drivers.flatMap(({ reads }) => reads)];
  return [...new Map(tables.map((table) => [table.name, table])).values()];
}

/** The names of the tables that a frame reads in one snapshot: those, and the ledger of loads. */
export function snapshotTables(drivers?: readonly Reads[]): string[] {
  return [...frameTables(drivers).map(({ name }) => name), "load_run"];
}

/** Those of facts and plans, whose rows have a day. */
export const isFactTable = (table: WarehouseTable): table is FactTable => table.day !== null;
