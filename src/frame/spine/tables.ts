import type { SeriesFacts } from "../drivers/driver.ts";
import { stagedInventory, stockOf } from "../drivers/inventory.ts";
import { productTable, stagedProducts } from "../drivers/product.ts";
import { stagedStores, storeTable } from "../drivers/store.ts";
import { stagedTraffic } from "../drivers/traffic.ts";
import type { FrameScope } from "../scope.ts";
import type { StagingTable } from "../source/staging-table.ts";
import type { WarehouseTable } from "../source/warehouse-table.ts";
import { salesDaily, stagedReported, stagedSales } from "./sales.ts";

/* The spine: the series, and their days without gaps. Every frame reads what it needs, whatever its drivers are. */

/** The tables of the warehouse. For its masks it also reads those of inventory and traffic, which their drivers declare. */
export const spineTables: readonly WarehouseTable[] = [storeTable, productTable, salesDaily];

export function spineStaging(scope: FrameScope): StagingTable[] {
  return [
    stagedStores(scope),
    stagedProducts(scope),
    stagedSales(scope),
    stagedInventory(scope),
    stagedTraffic(scope),
    ...stagedReported(scope),
  ];
}

/** The facts of the series that its masks need. */
export const spineFacts = (scope: FrameScope): SeriesFacts[] => [stockOf(scope)];
