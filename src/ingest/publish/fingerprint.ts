import type { Client } from "../../database/connection.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";
import { isInStoredMonth } from "./fetch-stored.ts";
import type { MonthState } from "./month-plan.ts";

/** Count and digest of the row versions of a month: any insert, update or delete changes them. */
export interface Fingerprint {
  readonly rows: string;
  readonly digest: string;
}

/** Of a month without stored rows. */
export const emptyFingerprint: Fingerprint = { rows: "0", digest: "0" };

/** The fingerprint of the stored rows of a month. */
export async function fingerprintOf(client: Client, state: MonthState): Promise<Fingerprint> {
  if (state.home.kind === "none") return emptyFingerprint;
  const { rows } = await client.query<Fingerprint>(`
    SELECT count(*) AS rows, coalesce(sum(hash_record_extended(ROW (stored.ctid, stored.xmin), 0)), 0) AS digest
    FROM ${quoteIdentifier(state.home.relation)} AS stored
    WHERE ${isInStoredMonth(state)}
  `);
  return rows[0] as Fingerprint;
}
