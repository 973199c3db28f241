import { type Catalog, type CatalogObject, inOrder } from "./catalog.ts";

/** One difference between two catalogs. */
export interface Difference {
  readonly change: "missing" | "unexpected" | "different";
  /** What and where: `column sales_daily.quantity`, `index ix_store_code on store`. */
  readonly object: string;
  /** What of it differs: `type`, `definition`; undefined where the whole object is missing or unexpected. */
  readonly property?: string;
  readonly expected: string | null;
  readonly found: string | null;
}

/**
 * Every difference between two catalogs, table by table. Of a table that is missing or unexpected as a whole, what is on it is not
 * listed one by one.
 *
 * @param options.onlyExpected passes over what only `found` has
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
    if (wanted !== undefined) return onTableOutside(object, after) ? [] : [lone("missing", object)];
    return options.onlyExpected || onTableOutside(object, before) ? [] : [lone("unexpected", object)];
  });
}

const keyOf = ({ kind, table, name }: CatalogObject) => JSON.stringify([kind, table, name]);

const byKey = (catalog: Catalog) => new Map(catalog.map((object) => [keyOf(object), object]));

function onTableOutside({ table }: CatalogObject, catalog: ReadonlyMap<string, CatalogObject>): boolean {
  const holders = ["table", "view", "materialized view"];
  return table !== null && !holders.some((kind) => catalog.has(JSON.stringify([kind, null, table])));
}

function lone(change: "missing" | "unexpected", object: CatalogObject): Difference {
  const says = oneLine(object.properties.definition ?? object.properties.type ?? null);
  return {
    change,
    object: nameOf(object),
    expected: change === "missing" ? says : null,
    found: change === "unexpected" ? says : null,
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

/** What the model cannot say of a table, so that only the migrations have it. */
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

/** Of texts of several lines, the first line that differs. */
function differingLine(expected: string | null, found: string | null) {
  if (expected === null || found === null || !`${expected}${found}`.includes("\n")) return undefined;
  const [before, after] = [expected.split("\n"), found.split("\n")];
  const index = before.findIndex((line, at) => line !== after[at]);
  const at = index === -1 ? before.length : index;
  return { line: at + 1, expected: before[at]?.trim() ?? "", found: after[at]?.trim() ?? "" };
}

/** The difference in words: `type: expected integer, found bigint`. */
export function describe({ change, property, expected, found }: Difference): string {
  const none = (text: string | null) => (text === null || text === "" ? "none" : text);
  if (change === "different") return `${property}: expected ${none(expected)}, found ${none(found)}`;
  if (change === "missing") return expected === null ? "missing" : `missing: expected ${expected}`;
  return found === null ? "not expected" : `not expected: found ${found}`;
}
