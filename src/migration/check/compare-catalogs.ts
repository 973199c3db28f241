import { type Catalog, type CatalogObject, inOrder } from "./catalog.ts";

/** One difference between two catalogs. */
export interface Difference {
  readonly change: "missing" | "unexpected" | "different";
  /** The object: `column sales_daily.quantity`, `index ix_store_code on store`. */
  readonly object: string;
  /** The property that differs: `type`, `definition`; undefined if the whole object is missing or unexpected. */
  readonly property?: string;
  /** The expected value; null if none is expected. */
  readonly expected: string | null;
  /** The value found; null if there is none. */
  readonly found: string | null;
}

/**
 * The differences between two catalogs. If a whole table is missing or unexpected, the objects on it are not listed.
 *
 * @param options.onlyExpected ignores objects and handwritten properties that only `found` has. Default: false
 * @returns one element per object that is only in one catalog and per property that differs, ordered as catalogs are
 * @example
 * ```ts
 * import { databaseOf, withClient } from "forecastlab";
 * import { compareCatalogs, differenceText, readCatalog } from "forecastlab/migration";
 *
 * const production = await withClient(databaseOf("postgresql://localhost/warehouse"), readCatalog);
 * const staging = await withClient(databaseOf("postgresql://localhost/staging"), readCatalog);
 * for (const difference of compareCatalogs(production, staging)) {
 *   console.log(difference.object, differenceText(difference));
 * }
 * ```
 */
export function compareCatalogs(
  expected: Catalog,
  found: Catalog,
  options: { readonly onlyExpected?: boolean } = {},
): Difference[] {
  const [before, after] = [byKey(expected), byKey(found)];
  const all = inOrder([...expected, ...found.filter((object) => !before.has(keyOf(object)))]);
  return all.flatMap((object): Difference[] => {
    const [wanted, present] = [before.get(keyOf(object)), after.get(keyOf(object))];
    if (wanted !== undefined && present !== undefined)
      return differencesOf(wanted, present, options.onlyExpected === true);
    if (wanted !== undefined) return isOnTableOutside(object, after) ? [] : [wholeObject("missing", object)];
    return options.onlyExpected || isOnTableOutside(object, before)
      ? []
      : [wholeObject("unexpected", object)];
  });
}

const keyOf = ({ kind, table, name }: CatalogObject) => JSON.stringify([kind, table, name]);

const byKey = (catalog: Catalog) => new Map(catalog.map((object) => [keyOf(object), object]));

function isOnTableOutside({ table }: CatalogObject, catalog: ReadonlyMap<string, CatalogObject>): boolean {
  const holders = ["table", "view", "materialized view"];
  return table !== null && !holders.some((kind) => catalog.has(JSON.stringify([kind, null, table])));
}

function wholeObject(change: "missing" | "unexpected", object: CatalogObject): Difference {
  const definition = oneLine(object.properties.definition ?? object.properties.type ?? null);
  return {
    change,
    object: nameOf(object),
    expected: change === "missing" ? definition : null,
    found: change === "unexpected" ? definition : null,
  };
}

function differencesOf(expected: CatalogObject, found: CatalogObject, onlyExpected: boolean): Difference[] {
  return Object.entries(expected.properties).flatMap(([property, value]): Difference[] => {
    const other = found.properties[property] ?? null;
    if (value === other || (onlyExpected && value === null && handwritten.has(property))) return [];
    const place = differingLine(value, other);
    return [
      {
        change: "different",
        object: nameOf(expected),
        property: place === undefined ? property : `${property}, line ${place.line}`,
        expected: place?.expected ?? oneLine(value),
        found: place?.found ?? oneLine(other),
      },
    ];
  });
}

/** Properties of tables that the model cannot express, so that only migrations written by hand set them. */
const handwritten = new Set([
  "partitioned by",
  "default partition",
  "storage parameters",
  "comment",
  "inherits",
]);

/** `column sales_daily.quantity`, `index ix_store_code on store`, `function set_updated_at()`. */
function nameOf({ kind, table, name }: CatalogObject): string {
  if (kind === "column") return `column ${table}.${name}`;
  return table === null ? `${kind} ${name}` : `${kind} ${name} on ${table}`;
}

const oneLine = (text: string | null) => text?.replaceAll(/\s+/g, " ").trim() ?? null;

/** The first line that differs; undefined unless both texts exist and at least one has several lines. */
function differingLine(expected: string | null, found: string | null) {
  if (expected === null || found === null || !`${expected}${found}`.includes("\n")) return undefined;
  const [before, after] = [expected.split("\n"), found.split("\n")];
  const index = before.findIndex((line, at) => line !== after[at]);
  const at = index === -1 ? before.length : index;
  return { line: at + 1, expected: before[at]?.trim() ?? "", found: after[at]?.trim() ?? "" };
}

/**
 * A difference in words: `type: expected integer, found bigint`.
 *
 * @example
 * ```ts
 * import { differenceText } from "forecastlab/migration";
 *
 * const object = "column sales_daily.quantity";
 * const change = "different" as const;
 * console.log(differenceText({ change, object, property: "type", expected: "integer", found: "bigint" }));
 * ```
 */
export function differenceText({ change, property, expected, found }: Difference): string {
  const none = (text: string | null) => (text === null || text === "" ? "none" : text);
  if (change === "different") return `${property}: expected ${none(expected)}, found ${none(found)}`;
  if (change === "missing") return expected === null ? "missing" : `missing: expected ${expected}`;
  return found === null ? "not expected" : `not expected: found ${found}`;
}
