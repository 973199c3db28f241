import { numberText } from "../../system/numbers.ts";
import { periodsText } from "../grain.ts";
import { intermittentFrom, variableFrom } from "./demand-class.ts";
import type { Figures } from "./figures.ts";
import { enoughSales, leastSales, mostCensored, mostImputed, type Thresholds } from "./thresholds.ts";

export type ReadinessStatus = "fit" | "fit_with_limits" | "not_yet";

/** From the best to the worst. */
export const readinessStatuses: readonly ReadinessStatus[] = ["fit", "fit_with_limits", "not_yet"];

export type ReasonCode =
  | "no_sale"
  | "single_sale"
  | "short_history"
  | "few_observed"
  | "ended"
  | "one_season"
  | "sparse_sales"
  | "gaps"
  | "censored"
  | "intermittent"
  | "lumpy"
  | "constant"
  | "unpriced";

/** Why a series is not simply fit, with the numbers behind it. */
export interface Reason {
  readonly code: ReasonCode;
  /** What was found, what is needed, and what would help. */
  readonly text: string;
  /** What was found. */
  readonly value: number;
  /** What a fit series has at least; of `ended`, `gaps` and `censored` at most; of `intermittent` and `lumpy` less than that. */
  readonly needed: number;
}

interface Rule {
  readonly code: ReasonCode;
  /** What a series with this reason is at best. */
  readonly status: Exclude<ReadinessStatus, "fit">;
  /** In a few words, for a table. */
  readonly what: string;
  /** SQL condition over the figures of a series. */
  readonly sql: (thresholds: Thresholds) => string;
  readonly reason: (figures: Figures, thresholds: Thresholds) => Omit<Reason, "code">;
}

/** Those that make a series "not yet" fit come first. A reason that follows from another one is not given too. */
export const rules: readonly Rule[] = [
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
    reason: ({ periods }, { freq, history }) => ({
      value: periods,
      needed: history,
      text: `${periodsText(periods, freq)} of history, ${history} needed: ${numberText(history - periods)} more, or a shorter horizon`,
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
      text: `no sale for ${periodsText(quiet, endedAfterDays === null ? freq : "day")}, since ${last_sale}, at most ${Math.floor(quiet_limit)}: if it has ended, leave it out with ended: { policy: drop }`,
    }),
  },
  {
    code: "one_season",
    status: "fit_with_limits",
    what: "no season is there twice",
    sql: ({ history, twoSeasons }) => `periods >= ${history} AND periods < ${twoSeasons}`,
    reason: ({ periods }, { freq, twoSeasons }) => ({
      value: periods,
      needed: twoSeasons,
      text: `${periodsText(periods, freq)} of history, ${twoSeasons} needed to see a year twice: ${numberText(twoSeasons - periods)} more`,
    }),
  },
  {
    code: "sparse_sales",
    status: "fit_with_limits",
    what: "few periods with a sale",
    sql: () => `sales_periods >= ${leastSales} AND sales_periods < ${enoughSales}`,
    reason: ({ sales_periods }, { freq }) => ({
      value: sales_periods,
      needed: enoughSales,
      text: `${periodsText(sales_periods, freq)} with a sale, ${enoughSales} needed: ${enoughSales - sales_periods} more`,
    }),
  },
  {
    code: "gaps",
    status: "fit_with_limits",
    what: "most periods have no sales row",
    sql: () => `imputed > ${mostImputed} * periods`,
    reason: ({ imputed_share }, { freq }) => ({
      value: imputed_share,
      needed: mostImputed,
      text: `${percent(imputed_share)} of the ${freq}s have no sales row, at most ${percent(mostImputed)}: load those that are missing, or rows of 0 if nothing was sold`,
    }),
  },
  {
    code: "censored",
    status: "fit_with_limits",
    what: "often out of stock",
    sql: () => `stockouts > ${mostCensored} * periods`,
    reason: ({ censored_share }, { freq }) => ({
      value: censored_share,
      needed: mostCensored,
      text: `${percent(censored_share)} of the ${freq}s have a stockout, at most ${percent(mostCensored)}: demand was higher than y; fit with sample_weight`,
    }),
  },
  {
    code: "intermittent",
    status: "fit_with_limits",
    what: "sold now and then",
    sql: () => `sales_periods >= ${leastSales} AND demand_class = 'intermittent'`,
    reason: ({ adi }, { freq }) => ({
      value: adi ?? 0,
      needed: intermittentFrom,
      text: `a sale every ${numberText(adi ?? 0, 2)} ${freq}s, below ${intermittentFrom} needed: ${longer[freq]}`,
    }),
  },
  {
    code: "lumpy",
    status: "fit_with_limits",
    what: "sold now and then, in very different amounts",
    sql: () => `sales_periods >= ${leastSales} AND demand_class = 'lumpy'`,
    reason: ({ adi, cv2 }, { freq }) => ({
      value: adi ?? 0,
      needed: intermittentFrom,
      text: `a sale every ${numberText(adi ?? 0, 2)} ${freq}s with a CV² of ${numberText(cv2 ?? 0, 2)}, below ${intermittentFrom} and ${variableFrom} needed: ${longer[freq]}`,
    }),
  },
  {
    code: "constant",
    status: "fit_with_limits",
    what: "y is always the same",
    sql: () => "demands > 1 AND demands = observed_periods AND cv2 = 0",
    reason: ({ periods }, { freq }) => ({
      value: 1,
      needed: 2,
      text: `y has 1 value in ${periodsText(periods, freq)}, 2 needed: nothing to learn, and scaled errors are undefined`,
    }),
  },
  {
    code: "unpriced",
    status: "fit_with_limits",
    what: "no planned price for the whole horizon",
    sql: ({ horizon }) => `priced < ${horizon}`,
    reason: ({ priced_share }, { freq, horizon }) => ({
      value: priced_share ?? 0,
      needed: 1,
      text: `a list price is planned for ${Math.round((priced_share ?? 0) * horizon)} of ${periodsText(horizon, freq)} to forecast: plan the others, or leave the driver price out`,
    }),
  },
];

const percent = (share: number) => `${numberText(100 * share, 1)} %`;

const longer = {
  day: "longer periods (freq: week) have fewer zeros",
  week: "longer periods (freq: month) have fewer zeros",
  month: "sums over several stores or products have fewer zeros",
} as const;

/* The reasons of a series as a whole number: one bit for each of {@link rules}, in their order. */

export const bitsOf = (status: Rule["status"]): number =>
  rules.reduce((bits, rule, index) => bits + (rule.status === status ? 2 ** index : 0), 0);

export const rulesIn = (bits: number): Rule[] => rules.filter((_, index) => (bits & (1 << index)) !== 0);

/** The reasons that there are, those of "not yet" first: what each is, and what a series with it is at best. */
export const readinessReasons: readonly Pick<Rule, "code" | "status" | "what">[] = rules.map(
  ({ code, status, what }) => ({ code, status, what }),
);
