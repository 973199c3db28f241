import { quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import type { LoadPlan } from "../load-plan.ts";
import { placesOf } from "../source/record-places.ts";
import { withIds } from "./dimension-keys.ts";
import { grainOf } from "./duplicates.ts";

/**
 * Rejects prices whose validity windows overlap one another, or one that is stored and not replaced by this load. Done
 * again until nothing is found, because what a rejected row would have replaced stays.
 */
export async function rejectOverlaps(engine: Engine, plan: LoadPlan): Promise<void> {
  if (plan.contract.name !== "price_history") return;
  const columns = quoteLiteral(`${grainOf(plan)}, valid_to`);
  // A load that does not give valid_to leaves the stored one of a window it replaces, and opens new windows without end.
  const givesEnd = plan.columns.some(({ column }) => column === "valid_to");
  const end = givesEnd ? "accepted.valid_to" : "stored_window.valid_to";
  await engine.run(`
    CREATE VIEW price_window AS
    SELECT accepted._seq, accepted.product_id, coalesce(accepted.store_id, 0) AS scope, accepted.valid_from,
      coalesce(${end}, DATE 'infinity') AS valid_to,
      concat_ws(', ', fit.sku, fit.store_code, accepted.valid_from, ${end}) AS shown
    FROM (${withIds(plan, "FROM fit")}) AS accepted JOIN fit USING (_seq)
    LEFT JOIN stored_window
      ON stored_window.product_id = accepted.product_id
      AND stored_window.store_id IS NOT DISTINCT FROM accepted.store_id
      AND stored_window.valid_from = accepted.valid_from
  `);
  let found: number;
  do {
    found = await engine.count(`
      INSERT INTO fault
      WITH ordered AS (
        SELECT *,
          max(valid_to) OVER earlier AS latest_end,
          arg_max(_seq, valid_to) OVER earlier AS earlier_seq,
          lead(valid_from) OVER scope_order AS next_from,
          lead(_seq) OVER scope_order AS next_seq
        FROM price_window
        WINDOW scope_order AS (PARTITION BY product_id, scope ORDER BY valid_from),
          earlier AS (
            PARTITION BY product_id, scope ORDER BY valid_from ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
          )
      )
      SELECT ordered._seq, NULL, NULL, 0, ${columns}, 'OVERLAPPING_WINDOW', shown,
        'overlaps the window of record ' || place._record || ' of ' || place._file
      FROM ordered
      JOIN ${placesOf("SELECT _seq FROM price_window")} AS place
        ON place._seq = CASE WHEN latest_end >= valid_from THEN earlier_seq ELSE next_seq END
      WHERE latest_end >= valid_from OR next_from <= valid_to
    `);
    found += await engine.count(`
      INSERT INTO fault
      WITH kept AS (
        SELECT * FROM stored_window AS stored
        WHERE NOT EXISTS (
          SELECT 1 FROM price_window AS loaded
          WHERE loaded.product_id = stored.product_id
            AND loaded.scope = coalesce(stored.store_id, 0)
            AND loaded.valid_from = stored.valid_from
        )
      )
      SELECT loaded._seq, NULL, NULL, 0, ${columns}, 'OVERLAPPING_WINDOW', any_value(loaded.shown),
        'overlaps the stored window from ' || min(kept.valid_from)
          || coalesce(' to ' || arg_min(kept.valid_to, kept.valid_from), '')
      FROM price_window AS loaded
      JOIN kept
        ON kept.product_id = loaded.product_id
        AND coalesce(kept.store_id, 0) = loaded.scope
        AND kept.valid_from <= loaded.valid_to
        AND coalesce(kept.valid_to, DATE 'infinity') >= loaded.valid_from
      GROUP BY loaded._seq
    `);
  } while (found > 0);
}
