import type { Client } from "../../database/connection.ts";
import { catalogSql } from "./catalog-sql.ts";

/** One object of a schema. What it says is in PostgreSQL's own spelling; null: it has none. */
export interface CatalogObject {
  /** `table`, `column`, `index`, `foreign key`, … as a person calls it. */
  readonly kind: string;
  /** The table it belongs to; null for what stands by itself. */
  readonly table: string | null;
  readonly name: string;
  readonly properties: Readonly<Record<string, string | null>>;
}

/** Every object of a schema, by table, kind and name. The order of columns is not part of it. */
export type Catalog = readonly CatalogObject[];

/** Reads the catalog of the connection's current schema; any role may. */
export async function readCatalog(client: Client): Promise<Catalog> {
  // Named, because planning it takes as long as running it, and who reads one catalog reads another.
  const { rows } = await client.query<CatalogObject>({ name: "forecastlab catalog", text: catalogSql });
  return inOrder(rows);
}

/** A table, then what is on it; what stands by itself at its place in the alphabet. */
export function inOrder(objects: readonly CatalogObject[]): CatalogObject[] {
  const key = ({ table, kind, name }: CatalogObject) =>
    table === null ? `${name} ` : `${table}  ${kind} ${name}`;
  return [...objects].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
