import { quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { tables } from "../engine-tables.ts";
import type { LoadPlan } from "../load-plan.ts";
import { isSurrogateKey } from "./column-rules.ts";

/*
 * Keys that a person takes for the same: `S1`, `s1`, `S1` with a blank behind it, or with a character that nobody sees. They
 * are most likely one store or product, so a load does not add the second of them.
 */

/** SQL of a key without what people overlook, except for upper and lower case. */
const visible = (key: string) =>
  `trim(regexp_replace(regexp_replace(nfc_normalize(${key}), '[\\p{Cf}\\p{Cc}]', '', 'g'), '[\\s\\p{Z}]+', ' ', 'g'))`;

/** SQL of what keys have in common that a person takes for the same. */
const likeness = (key: string) => `lower(${visible(key)})`;

/**
 * SQL of those keys of a relation that are unlike every key of a dimension; of keys that are like one another, the one that is
 * written most plainly.
 */
export function unlikeKeys(relation: string, known: string): string {
  return `
    SELECT key FROM ${relation} AS candidate
    WHERE ${likeness("key")} NOT IN (SELECT ${likeness("key")} FROM ${known})
    QUALIFY row_number() OVER (PARTITION BY ${likeness("key")} ORDER BY key <> ${visible("key")}, key) = 1`;
}

/** Adds to the reasons of rows with an unknown store or product the key that it is like, and how they differ. */
export async function explainNearKeys(engine: Engine, plan: LoadPlan): Promise<void> {
  for (const { reference } of plan.columns.filter(isSurrogateKey)) {
    const { dimension, fault } = reference;
    const code = quoteLiteral(fault);
    const unknown = await engine.count(
      `SELECT count(*) FROM ${tables.rejectReason} WHERE code = ${code} AND value IS NOT NULL`,
    );
    if (unknown === 0) continue;
    await engine.run(`
      UPDATE ${tables.rejectReason}
      SET message = message || ', but "' || near.key || '" is: they differ in ' || CASE
        WHEN lower(value) = lower(near.key) THEN 'upper and lower case'
        WHEN lower(trim(value)) = lower(trim(near.key)) THEN 'blanks at an end'
        ELSE 'characters that are not visible'
      END
      FROM (
        SELECT ${likeness("key")} AS likeness, min(key) AS key FROM ${tables.dimension(dimension)} GROUP BY ALL
      ) AS near
      WHERE code = ${code} AND near.likeness = ${likeness("value")}
    `);
  }
}
