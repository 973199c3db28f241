import { quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { tables } from "../engine-tables.ts";
import type { LoadPlan } from "../load-plan.ts";
import { placesOf } from "../source/record-places.ts";
import { type DimensionKeys, surrogateKeyRows } from "./dimension-keys.ts";
import { grainOf } from "./duplicates.ts";

/**
 * Rejects prices whose validity windows overlap one another, or a stored window that this load does not replace. Repeated
 * until nothing is found, because a stored window stays when the row that would have replaced it is rejected.
 */
export async function rejectOverlappingWindows(
  engine: Engine,
  plan: LoadPlan,
  keys: DimensionKeys,
): Promise<void> {
  if (plan.contract.name !== "price_history") return;
  const rows = surrogateKeyRows(plan, `FROM ${tables.validRow}`);
  await keys.fetchWindowsOf(rows);
  const columns = quoteLiteral(`${grainOf(plan)}, valid_to`);
  // A load without valid_to keeps the stored end of a window that it replaces, and opens new windows without end.
  const givesEnd = plan.columns.some(({ column }) => column === "valid_to");
  const end = givesEnd ? "priced.valid_to" : "stored.valid_to";
  await engine.run(`
    CREATE VIEW ${tables.priceWindow} AS
    SELECT priced._seq, priced.product_id, coalesce(priced.store_id, 0) AS scope, priced.valid_from,
      coalesce(${end}, DATE 'infinity') AS valid_to,
      concat_ws(', ', valid.sku, valid.store_code, priced.valid_from, ${end}) AS shown
    FROM (${rows}) AS priced
    JOIN ${tables.validRow} AS valid USING (_seq)
    LEFT JOIN ${tables.storedPriceWindow} AS stored
      ON stored.product_id = priced.product_id
      AND stored.store_id IS NOT DISTINCT FROM priced.store_id
      AND stored.valid_from = priced.valid_from
  `);
  let found: number;
  do {
    found = await engine.count(`
      INSERT INTO ${tables.rejectReason}
      WITH ordered AS (
        SELECT *,
          max(valid_to) OVER earlier AS latest_end,
          arg_max(_seq, valid_to) OVER earlier AS earlier_seq,
          lead(valid_from) OVER scope_order AS next_from,
          lead(_seq) OVER scope_order AS next_seq
        FROM ${tables.priceWindow}
        WINDOW scope_order AS (PARTITION BY product_id, scope ORDER BY valid_from),
          earlier AS (
            PARTITION BY product_id, scope ORDER BY valid_from ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
          )
      )
      SELECT ordered._seq, NULL, NULL, 0, ${columns}, 'OVERLAPPING_WINDOW', shown,
        'overlaps the window of record ' || place._record || ' of ' || place._file
      FROM ordered
      JOIN ${placesOf(`SELECT _seq FROM ${tables.priceWindow}`)} AS place
        ON place._seq = CASE WHEN latest_end >= valid_from THEN earlier_seq ELSE next_seq END
      WHERE latest_end >= valid_from OR next_from <= valid_to
    `);
    found += await engine.count(`
      INSERT INTO ${tables.rejectReason}
      WITH kept AS (
        SELECT * FROM ${tables.storedPriceWindow} AS stored
        WHERE NOT EXISTS (
          SELECT 1 FROM ${tables.priceWindow} AS loaded
          WHERE loaded.product_id = stored.product_id
            AND loaded.scope = coalesce(stored.store_id, 0)
            AND loaded.valid_from = stored.valid_from
        )
      )
      SELECT loaded._seq, NULL, NULL, 0, ${columns}, 'OVERLAPPING_WINDOW', any_value(loaded.shown),
        'overlaps the stored window from ' || min(kept.valid_from)
          || coalesce(' to ' || arg_min(kept.valid_to, kept.valid_from), '')
      FROM ${tables.priceWindow} AS loaded
      JOIN kept
        ON kept.product_id = loaded.product_id
        AND coalesce(kept.store_id, 0) = loaded.scope
        AND kept.valid_from <= loaded.valid_to
        AND coalesce(kept.valid_to, DATE 'infinity') >= loaded.valid_from
      GROUP BY loaded._seq
    `);
  } while (found > 0);
}
