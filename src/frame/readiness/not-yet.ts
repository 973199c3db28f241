import { numberText } from "../../system/numbers.ts";
import { periodsText } from "../grain.ts";
import type { Rule } from "./rule.ts";
import { leastSales } from "./thresholds.ts";

/** Why a series cannot be forecast yet. */
export const notYet: readonly Rule[] = [
  {
    code: "no_sale",
    status: "not_yet",
    what: "y is never above 0",
    sql: () => "sales_periods = 0",
    reason: ({ periods }, { freq }) => ({
      value: 0,
      needed: leastSales,
      text: `y is 0 in all of ${periodsText(periods, freq)}, ${periodsText(leastSales, freq)} with a sale needed: wait for sales, or check the target`,
    }),
  },
  {
    code: "single_sale",
    status: "not_yet",
    what: "only one period with a sale",
    sql: () => `sales_periods > 0 AND sales_periods < ${leastSales}`,
    reason: ({ sales_periods }, { freq }) => ({
      value: sales_periods,
      needed: leastSales,
      text: `${periodsText(sales_periods, freq)} with a sale, ${leastSales} needed: wait for the next sale`,
    }),
  },
  {
    code: "short_history",
    status: "not_yet",
    what: "too little history for the horizon",
    sql: ({ history }) => `periods < ${history}`,
    reason: ({ periods }, { freq, history, historyFollowsHorizon }) => ({
      value: periods,
      needed: history,
      text: `${periodsText(periods, freq)} of history, ${history} needed: ${numberText(history - periods)} more${historyFollowsHorizon ? ", or a shorter horizon" : ""}`,
    }),
  },
  {
    code: "few_observed",
    status: "not_yet",
    what: "too few periods with a weight above 0",
    sql: ({ history }) => `periods >= ${history} AND observed_periods < ${history}`,
    reason: ({ periods, observed_periods }, { freq, history }) => ({
      value: observed_periods,
      needed: history,
      text: `${numberText(observed_periods)} of ${periodsText(periods, freq)} have a weight above 0, ${history} needed: the others are stockouts, closed or without y`,
    }),
  },
  {
    code: "ended",
    status: "not_yet",
    what: "no sale for long",
    sql: () => "quiet > quiet_limit",
    reason: ({ quiet, quiet_limit, last_sale }, { freq, endedAfterDays }) => ({
      value: quiet,
      needed: Math.floor(quiet_limit),
      text: `no sale for ${periodsText(quiet, endedAfterDays === null ? freq : "day")}, since ${last_sale}, at most ${Math.floor(quiet_limit)}: if it has ended, ended: { after_days: ${endedAfterDays ?? endedAfter[freq]}, policy: drop } leaves it out`,
    }),
  },
];

/** About the periods that a series may be without a sale, in days. */
const endedAfter = { day: 56, week: 56, month: 92 } as const;
