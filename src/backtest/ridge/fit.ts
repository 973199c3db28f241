import { solvePositiveDefinite } from "./cholesky.ts";
import type { Design } from "./design.ts";
import { mergedSums, type Sums } from "./sums.ts";

/** A fitted ridge regression: the centered target is about `intercept` plus the terms times their coefficients. */
export interface Ridge {
  /** Penalty of the standardized coefficients, next to the weighted mean of squared errors. */
  readonly lambda: number;
  readonly intercept: number;
  /** One per term of the design; 0 for a constant term. */
  readonly coefficients: Float64Array;
  /** The same per standard deviation of the term, to compare them. */
  readonly standardized: Float64Array;
}

/** The penalties that are tried. */
export const lambdas: readonly number[] = [1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 1, 3, 10];

/** The penalty if there are no rows to choose it by. */
export const defaultLambda = 0.03;

/**
 * Ridge regression (Hoerl and Kennard, 1970) from sums: minimizes the weighted mean of squared errors plus lambda times the
 * sum of squares of the coefficients of standardized terms. The intercept has no penalty. Constant terms are left out.
 *
 * @returns undefined if the sums have no rows, or lambda is too small for terms that depend on each other
 */
export function solveRidge(design: Design, sums: Sums, lambda: number): Ridge | undefined {
  const terms = design.terms.length;
  const { size, products } = sums;
  if (size !== terms + 2) throw new Error("sums of another design");
  const at = (a: number, b: number) => products[a * size + b] as number;
  const weight = at(0, 0);
  if (!(weight > 0)) return undefined;
  const mean = (a: number) => at(0, a) / weight;
  const covariance = (a: number, b: number) => at(a, b) / weight - mean(a) * mean(b);
  // Index in the vector (1, terms, target), and the standard deviation.
  const kept = design.terms.flatMap(({ center }, index) => {
    const variance = covariance(index + 1, index + 1);
    return variance > (1e-9 * center) ** 2 ? [{ term: index + 1, deviation: Math.sqrt(variance) }] : [];
  });
  const side = kept.length;
  const matrix = new Float64Array(side * side);
  const right = new Float64Array(side);
  kept.forEach((a, row) => {
    right[row] = covariance(a.term, terms + 1) / a.deviation;
    kept.forEach((b, column) => {
      if (column < row)
        matrix[row * side + column] = covariance(a.term, b.term) / (a.deviation * b.deviation);
    });
    matrix[row * side + row] = 1 + lambda;
  });
  const solution = solvePositiveDefinite(matrix, right);
  if (solution === undefined) return undefined;
  const coefficients = new Float64Array(terms);
  const standardized = new Float64Array(terms);
  let intercept = mean(terms + 1);
  kept.forEach(({ term, deviation }, index) => {
    const coefficient = solution[index] as number;
    standardized[term - 1] = coefficient;
    coefficients[term - 1] = coefficient / deviation;
    intercept -= (coefficient / deviation) * mean(term);
  });
  return { lambda, intercept, coefficients, standardized };
}

/** The weighted mean of squared errors over the rows of the sums; null without rows. */
export function meanSquaredError(
  { intercept, coefficients }: Ridge,
  { size, products }: Sums,
): number | null {
  const weight = products[0] as number;
  if (!(weight > 0)) return null;
  // The error is the product of the vector with these.
  const factors = Float64Array.of(intercept, ...coefficients, -1);
  let total = 0;
  for (let a = 0; a < size; a++) {
    let sum = 0;
    for (let b = 0; b < size; b++) sum += (products[a * size + b] as number) * (factors[b] as number);
    total += sum * (factors[a] as number);
  }
  // Rounding may leave a bit less than 0.
  return Math.max(0, total / weight);
}

/** A fit with the penalty that validation rows prefer. */
export interface ChosenRidge {
  /** Fitted on training and validation rows together. */
  readonly ridge: Ridge;
  /** Of the fit on training rows only, per penalty that could be solved; null without validation rows. */
  readonly validation: readonly { readonly lambda: number; readonly mse: number | null }[];
}

/**
 * Chooses the penalty by the error over validation rows, the larger one if two are equal, and fits all rows with it. Without
 * validation rows it is {@link defaultLambda}.
 *
 * @param validation sums of later rows, with the terms of the same design
 * @returns undefined without training rows
 */
export function fitRidge(
  design: Design,
  training: Sums,
  validation: Sums,
  candidates: readonly number[] = lambdas,
): ChosenRidge | undefined {
  const tried = candidates.flatMap((lambda) => {
    const ridge = solveRidge(design, training, lambda);
    return ridge === undefined ? [] : [{ lambda, mse: meanSquaredError(ridge, validation) }];
  });
  let chosen = defaultLambda;
  let least = Number.POSITIVE_INFINITY;
  for (const { lambda, mse } of tried) {
    if (mse !== null && (mse < least || (mse === least && lambda > chosen))) [chosen, least] = [lambda, mse];
  }
  const ridge = solveRidge(design, mergedSums(training, validation), chosen);
  return ridge === undefined ? undefined : { ridge, validation: tried };
}
