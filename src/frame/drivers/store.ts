import { store as stores } from "../engine-tables.ts";
import type { FrameScope } from "../scope.ts";
import type { StagingTable } from "../source/staging-table.ts";
import type { DimensionTable } from "../source/warehouse-table.ts";
import { attribute } from "./attribute.ts";
import type { Driver } from "./driver.ts";

export const storeTable: DimensionTable = { name: "store", day: null, perturbation: null };

/** The attributes of the store as they are now: static. The spine has them in `series`. */
export const store: Driver = {
  name: "store",
  class: "static",
  reads: [storeTable],
  engineTables: [],
  plan: () => ({
    columns: [
      attribute("store_code", "The store's code."),
      attribute("store_region", "The store's region."),
      attribute("store_city", "The store's city."),
      attribute("store_type", "The store's type."),
    ],
  }),
};

/** The spine stages it for every frame. */
export function stagedStores({ ofStores }: FrameScope): StagingTable {
  return {
    table: stores,
    query: () => `
      SELECT store_id, code, region, city, store_type
      FROM (SELECT id AS store_id, code, region, city, store_type FROM store) AS store
      WHERE ${ofStores}`,
    day: null,
  };
}
