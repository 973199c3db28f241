/** What the demand of a series is like; `no_demand` if no observed period has any. */
export const demandClasses = ["smooth", "erratic", "intermittent", "lumpy", "no_demand"] as const;
export type DemandClass = (typeof demandClasses)[number];

/** From this average interval between demands on, in periods, demand is intermittent or lumpy. */
export const intermittentFrom = 1.32;
/** From this squared coefficient of variation on, demand is erratic or lumpy. */
export const variableFrom = 0.49;

/**
 * SQL of the class by the scheme of Syntetos, Boylan and Croston (On the categorization of demand patterns, Journal of the
 * Operational Research Society 56, 2005).
 *
 * @param adi SQL of the average interval between demands in periods, NULL without demand
 * @param cv2 SQL of the squared coefficient of variation of demands
 */
export const demandClassSql = (adi: string, cv2: string) => `
  CASE
    WHEN ${adi} IS NULL THEN 'no_demand'
    WHEN ${adi} < ${intermittentFrom} THEN CASE WHEN ${cv2} < ${variableFrom} THEN 'smooth' ELSE 'erratic' END
    ELSE CASE WHEN ${cv2} < ${variableFrom} THEN 'intermittent' ELSE 'lumpy' END
  END`;

/**
 * SQL of the squared coefficient of variation (variance of the sample over the square of the mean); 0 for a single demand. It is
 * computed from sums of whole numbers, so that the order in which they are added up does not matter.
 *
 * @param of SQL of the number of demands, their sum and the sum of their squares
 */
export const cv2Sql = (of: { readonly count: string; readonly sum: string; readonly squares: string }) => `
  CASE
    WHEN ${of.count} > 1 THEN
      (${of.count} * ${of.squares} - ${of.sum} * ${of.sum})::DOUBLE * ${of.count}
      / (${of.sum}::DOUBLE * ${of.sum}::DOUBLE * (${of.count} - 1))
    WHEN ${of.count} = 1 THEN 0
  END`;
