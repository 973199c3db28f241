import type { Client } from "../../database/connection.ts";
import { withPinnedSettings } from "../revisions/pinned-settings.ts";
import { catalogSql } from "./catalog-sql.ts";

/** One object of a schema. */
export interface CatalogObject {
  /** `table`, `column`, `index`, `foreign key`, … */
  readonly kind: string;
  /** The table it belongs to; null if it belongs to none. */
  readonly table: string | null;
  readonly name: string;
  /** The definition, type and so on in PostgreSQL's own spelling; null if the object has no such property. */
  readonly properties: Readonly<Record<string, string | null>>;
}

/**
 * The objects of a schema, ordered by table, kind and name. Grain: one element per object. The order of columns is not part
 * of it.
 */
export type Catalog = readonly CatalogObject[];

/**
 * Reads the catalog of the current schema of a connection. Any role may read it. How the session, the role or the database
 * displays values makes no difference.
 *
 * @returns one element per table, column, constraint, index, trigger, function, … and extension, without partitions and the
 * revision table
 * @throws DATABASE_* if the connection fails
 * @example
 * ```ts
 * import { databaseOf, withClient } from "forecastlab";
 * import { readCatalog } from "forecastlab/migration";
 *
 * const database = databaseOf("postgresql://localhost/warehouse");
 * const catalog = await withClient(database, readCatalog);
 * console.log(catalog.filter(({ kind }) => kind === "index").map(({ name }) => name));
 * ```
 */
export async function readCatalog(client: Client): Promise<Catalog> {
  // A named statement is planned once per connection: planning takes as long as running, and catalogs are read in pairs.
  const query = { name: "forecastlab catalog", text: catalogSql };
  const { rows } = await withPinnedSettings(client, () => client.query<CatalogObject>(query));
  return inOrder(rows);
}

/** The objects in the order of a catalog: each table before the objects on it, everything else alphabetically. */
export function inOrder(objects: readonly CatalogObject[]): CatalogObject[] {
  const key = ({ table, kind, name }: CatalogObject) =>
    table === null ? `${name} ` : `${table}  ${kind} ${name}`;
  return [...objects].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
