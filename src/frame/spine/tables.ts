import type { SeriesFacts } from "../drivers/driver.ts";
import { stagedInventory, stockOf } from "../drivers/inventory.ts";
import { productTable, stagedProducts } from "../drivers/product.ts";
import { stagedStores, storeTable } from "../drivers/store.ts";
import { stagedTraffic } from "../drivers/traffic.ts";
import type { FrameScope } from "../scope.ts";
import type { StagingTable } from "../source/staging-table.ts";
import type { WarehouseTable } from "../source/warehouse-table.ts";
import { salesDaily, stagedSales, stagedSold } from "./sales.ts";

/* The spine: which series there are, and their days without gaps. What it reads, every frame reads, whatever its drivers. */

/** The tables of the warehouse; for its masks it also reads those of inventory and traffic. */
export const spineTables: readonly WarehouseTable[] = [storeTable, productTable, salesDaily];

export function spineStaging(scope: FrameScope): StagingTable[] {
  return [
    stagedStores(scope),
    stagedProducts(scope),
    stagedSales(scope),
    stagedInventory(scope),
    stagedTraffic(scope),
    ...stagedSold(scope),
  ];
}

/** The facts of series that its masks need. */
export const spineFacts = (scope: FrameScope): SeriesFacts[] => [stockOf(scope)];
