import { quoteIdentifier } from "../../database/identifiers.ts";
import { fail } from "../../errors.ts";
import { didYouMean } from "../../system/did-you-mean.ts";
import type { FrameSpec } from "../specification/index.ts";
import type { WarehouseReader } from "./reader.ts";

/**
 * SQL conditions on `store_id` and `product_id` for the stores and products that the spec selects; `true` for all of them.
 *
 * @throws FRAME_SELECTION_UNKNOWN if no store or product has one of the values
 */
export async function selectionOf(
  reader: WarehouseReader,
  { series }: FrameSpec,
): Promise<{ readonly ofStores: string; readonly ofProducts: string }> {
  return {
    ofStores: await conditionOn(reader, "store", series.store),
    ofProducts: await conditionOn(reader, "product", series.product),
  };
}

async function conditionOn(
  reader: WarehouseReader,
  dimension: "store" | "product",
  filters: Readonly<Record<string, readonly string[] | undefined>>,
): Promise<string> {
  const given = Object.entries(filters).flatMap(([attribute, values]) =>
    values === undefined ? [] : [{ attribute, values }],
  );
  if (given.length === 0) return "true";
  for (const { attribute, values } of given) await requireValues(reader, dimension, attribute, values);
  const conditions = given.map(
    ({ attribute }, index) => `${quoteIdentifier(attribute)} = ANY($${index + 1}::text[])`,
  );
  const rows = await reader.rows<{ id: number }>(
    `SELECT id FROM ${dimension} WHERE ${conditions.join(" AND ")} ORDER BY id`,
    given.map(({ values }) => values),
  );
  const ids = rows.map(({ id }) => Number(id));
  return ids.length === 0 ? "false" : `${dimension}_id IN (${ids.join(", ")})`;
}

async function requireValues(
  reader: WarehouseReader,
  dimension: string,
  attribute: string,
  values: readonly string[],
): Promise<void> {
  const column = quoteIdentifier(attribute);
  const [unknown] = await reader.rows<{ value: string }>(
    `SELECT value FROM unnest($1::text[]) AS value
     WHERE NOT EXISTS (SELECT FROM ${dimension} WHERE ${column} = value)`,
    [values],
  );
  if (unknown === undefined) return;
  const known = await reader.rows<{ value: string }>(
    `SELECT DISTINCT ${column} AS value FROM ${dimension} WHERE ${column} IS NOT NULL ORDER BY 1 LIMIT 1000`,
  );
  const names = known.map(({ value }) => value);
  const shown = names.slice(0, 10).join(", ") + (names.length > 10 ? ", …" : "");
  const guess = didYouMean(unknown.value, names)?.replace(/^d/, "D");
  const hint = guess ?? `There are: ${shown || "none"}`;
  throw fail("FRAME_SELECTION_UNKNOWN", { dimension, attribute, value: unknown.value, hint });
}
