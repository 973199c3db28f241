import type { Engine } from "../../duckdb/engine.ts";
import { blockReadiness } from "../engine-tables.ts";
import { rules, rulesIn } from "./reasons.ts";
import type { ReadinessStatus, ReasonCode } from "./rule.ts";

/** How many series of a frame are ready to be forecast: each of them has one status. */
export interface ReadinessSummary {
  readonly fit: number;
  readonly fit_with_limits: number;
  readonly not_yet: number;
  /** Those that some series have, those of "not yet" first. A series may have several. */
  readonly reasons: readonly { readonly reason: ReasonCode; readonly series: number }[];
}

/** Adds up the series of blocks. */
export interface ReadinessCount {
  /** Adds those of the last block. */
  addBlock(engine: Engine): Promise<void>;
  summary(): ReadinessSummary;
}

export function readinessCount(): ReadinessCount {
  const statuses: Record<ReadinessStatus, number> = { fit: 0, fit_with_limits: 0, not_yet: 0 };
  const reasons = new Map<ReasonCode, number>();
  return {
    addBlock: async (engine) => {
      const groups = await engine.rows<{ status: ReadinessStatus; reasons: number; series: number }>(
        `SELECT status, reasons, count(*) AS series FROM ${blockReadiness} GROUP BY ALL`,
      );
      for (const group of groups) {
        statuses[group.status] += group.series;
        for (const { code } of rulesIn(group.reasons)) {
          reasons.set(code, (reasons.get(code) ?? 0) + group.series);
        }
      }
    },
    summary: () => ({
      ...statuses,
      reasons: rules.flatMap(({ code }) => {
        const series = reasons.get(code) ?? 0;
        return series === 0 ? [] : [{ reason: code, series }];
      }),
    }),
  };
}
