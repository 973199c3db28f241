import type { Staged } from "../source/source.ts";
import type { Driver, FrameScope } from "./driver.ts";

/* What the dimensions say of a series now: static. The columns stand in `series`, which is made of these tables. */

export const storeDriver: Driver = {
  name: "store",
  class: "static",
  stages: [],
  prepare: [],
  block: [],
  join: "",
  columns: [
    attribute("store_code", "The store's code."),
    attribute("store_region", "The store's region."),
    attribute("store_city", "The store's city."),
    attribute("store_type", "The store's type."),
  ],
};

export const productDriver: Driver = {
  name: "product",
  class: "static",
  stages: [],
  prepare: [],
  block: [],
  join: "",
  columns: [
    attribute("sku", "The product's SKU."),
    attribute("category", "The product's category."),
    attribute("brand", "The product's brand."),
    attribute("base_price", "The product's standard price.", "DOUBLE"),
    attribute("base_cost", "The product's standard cost.", "DOUBLE"),
  ],
};

/** Staged for every frame: keys and names of series are made of them. */
export function dimensionStages({ ofStores, ofProducts }: FrameScope): Staged[] {
  return [
    {
      table: "store",
      columns: [
        { name: "store_id", type: "INTEGER" },
        { name: "store_code", type: "VARCHAR" },
        { name: "store_region", type: "VARCHAR" },
        { name: "store_city", type: "VARCHAR" },
        { name: "store_type", type: "VARCHAR" },
      ],
      query: () => `
        SELECT store_id, code, region, city, store_type
        FROM (SELECT id AS store_id, code, region, city, store_type FROM store) AS store
        WHERE ${ofStores}`,
      day: null,
    },
    {
      table: "product",
      columns: [
        { name: "product_id", type: "INTEGER" },
        { name: "sku", type: "VARCHAR" },
        { name: "category", type: "VARCHAR" },
        { name: "brand", type: "VARCHAR" },
        { name: "base_price", type: "DOUBLE" },
        { name: "base_cost", type: "DOUBLE" },
      ],
      query: () => `
        SELECT product_id, sku, category, brand, nullif(base_price, 'NaN'), nullif(base_cost, 'NaN')
        FROM (SELECT id AS product_id, sku, category, brand, base_price, base_cost FROM product) AS product
        WHERE ${ofProducts}`,
      day: null,
    },
  ];
}

function attribute(name: string, description: string, type: "VARCHAR" | "DOUBLE" = "VARCHAR") {
  return { name, type, description, sql: `series.${name}` } as const;
}
