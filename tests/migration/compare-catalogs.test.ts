import { describe, expect, test } from "vitest";
import type { CatalogObject } from "../../src/migration/check/catalog.ts";
import { compareCatalogs, differenceText } from "../../src/migration/check/compare-catalogs.ts";

const object = (
  kind: string,
  table: string | null,
  name: string,
  properties: CatalogObject["properties"] = {},
): CatalogObject => ({ kind, table, name, properties });

const store = object("table", null, "store", { "partitioned by": null, comment: null });
const code = object("column", "store", "code", { type: "varchar(20)", default: null });
const index = object("index", "store", "ix_store_code", { definition: "CREATE INDEX", valid: "yes" });
const touch = object("function", null, "touch()", { body: "\nBEGIN\n  RETURN NEW;\nEND\n" });

const sentences = (...[expected, found, options]: Parameters<typeof compareCatalogs>) =>
  compareCatalogs(expected, found, options).map(
    (difference) => `${difference.object}: ${differenceText(difference)}`,
  );

describe("two catalogs", () => {
  test("with the same objects have no differences, whatever the order of the objects", () => {
    expect(compareCatalogs([store, code, index], [index, store, code])).toEqual([]);
  });

  test("differ in missing, unexpected and changed objects, listed table by table", () => {
    const other = { ...code, properties: { type: "text", default: "''" } };
    const added = object("table", null, "audit");
    expect(sentences([store, code, index, touch], [store, other, added])).toEqual([
      "table audit: not expected",
      "column store.code: type: expected varchar(20), found text",
      "column store.code: default: expected none, found ''",
      "index ix_store_code on store: missing: expected CREATE INDEX",
      "function touch(): missing",
    ]);
  });

  test("have one difference for a whole table that is missing or unexpected", () => {
    expect(sentences([store, code, index], [])).toEqual(["table store: missing"]);
    expect(sentences([], [store, code, index])).toEqual(["table store: not expected"]);
  });

  test("have the first line that differs as the difference of two texts of several lines", () => {
    const changed = { ...touch, properties: { body: "\nBEGIN\n  RETURN OLD;\nEND\n" } };
    expect(sentences([touch], [changed])).toEqual([
      "function touch(): body, line 3: expected RETURN NEW;, found RETURN OLD;",
    ]);
    const longer = { ...touch, properties: { body: `${touch.properties.body}-- more` } };
    expect(sentences([touch], [longer])).toEqual([
      "function touch(): body, line 5: expected none, found -- more",
    ]);
  });

  test("treat objects of the same name on two tables as two objects", () => {
    const elsewhere = object("index", "product", "ix_store_code", index.properties);
    const product = object("table", null, "product");
    expect(sentences([store, product, index], [store, product, elsewhere])).toEqual([
      "index ix_store_code on product: not expected: found CREATE INDEX",
      "index ix_store_code on store: missing: expected CREATE INDEX",
    ]);
  });

  test("ignore with onlyExpected what is written by hand in the second one", () => {
    const byHand = { ...store, properties: { "partitioned by": "RANGE (date)", comment: "ours" } };
    expect(sentences([store, code], [byHand, code, index, touch], { onlyExpected: true })).toEqual([]);
    expect(sentences([store, code], [byHand], { onlyExpected: true })).toEqual([
      "column store.code: missing: expected varchar(20)",
    ]);
  });
});
