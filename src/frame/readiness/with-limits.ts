import { numberText } from "../../system/numbers.ts";
import { periodsText } from "../grain.ts";
import { intermittentFrom, variableFrom } from "./demand-class.ts";
import type { Rule } from "./rule.ts";
import { enoughSales, leastSales, mostCensored, mostImputed } from "./thresholds.ts";

/** Why forecasts of a series are to be read with care. */
export const withLimits: readonly Rule[] = [
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
    sql: ({ history }) =>
      `periods >= ${history} AND sales_periods >= ${leastSales} AND sales_periods < ${enoughSales}`,
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
