import { product as products } from "../engine-tables.ts";
import type { FrameScope } from "../scope.ts";
import type { StagingTable } from "../source/staging-table.ts";
import type { DimensionTable } from "../source/warehouse-table.ts";
import { attribute } from "./attribute.ts";
import type { Driver } from "./driver.ts";

export const productTable: DimensionTable = { name: "product", day: null, perturbation: null };

/** The attributes of the product as they are now: static. The spine has them in `series`. */
export const product: Driver = {
  name: "product",
  class: "static",
  reads: [productTable],
  engineTables: [],
  plan: () => ({
    columns: [
      attribute("sku", "The product's SKU."),
      attribute("category", "The product's category."),
      attribute("brand", "The product's brand."),
      attribute("base_price", "The product's standard price.", "DOUBLE"),
      attribute("base_cost", "The product's standard cost.", "DOUBLE"),
    ],
  }),
};

/** The spine stages it for every frame. */
export function stagedProducts({ ofProducts }: FrameScope): StagingTable {
  return {
    table: products,
    query: () => `
      SELECT product_id, sku, category, brand, nullif(base_price, 'NaN'), nullif(base_cost, 'NaN')
      FROM (SELECT id AS product_id, sku, category, brand, base_price, base_cost FROM product) AS product
      WHERE ${ofProducts}`,
    day: null,
  };
}
