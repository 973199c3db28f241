import { type Design, doubleSql } from "./design.ts";
import type { Ridge } from "./fit.ts";

/**
 * The SQL of the forecast of a row that has the columns of the design. It is never null: a missing value is taken as the mean
 * in training.
 *
 * @param nonNegative lifts forecasts below 0 to 0; true by default
 */
export function predictionSql(design: Design, ridge: Ridge, { nonNegative = true } = {}): string {
  const terms = design.terms.flatMap(({ sql }, index) => {
    const coefficient = ridge.coefficients[index] as number;
    return coefficient === 0 ? [] : [`${doubleSql(coefficient)} * (${sql})`];
  });
  const sum = [doubleSql(design.center + ridge.intercept), ...terms].join("\n  + ");
  return nonNegative ? `greatest(0e0, ${sum})` : `(${sum})`;
}
