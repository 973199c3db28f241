/**
 * Solves A x = b for a symmetric positive definite A by its Cholesky factor (Golub and Van Loan, Matrix Computations, 4.2).
 *
 * @param matrix row by row; only its lower half is read. It is not changed
 * @returns undefined if the matrix is not positive definite, as far as doubles can tell
 */
export function solvePositiveDefinite(matrix: Float64Array, right: Float64Array): Float64Array | undefined {
  const size = right.length;
  const factor = matrix.slice();
  for (let column = 0; column < size; column++) {
    for (let row = column; row < size; row++) {
      let value = factor[row * size + column] as number;
      for (let k = 0; k < column; k++) {
        value -= (factor[row * size + k] as number) * (factor[column * size + k] as number);
      }
      if (row === column) {
        // What is left of the diagonal by rounding alone.
        if (!(value > 1e-14 * (matrix[row * size + row] as number))) return undefined;
        factor[row * size + row] = Math.sqrt(value);
      } else {
        factor[row * size + column] = value / (factor[column * size + column] as number);
      }
    }
  }
  const solution = right.slice();
  for (let row = 0; row < size; row++) {
    let value = solution[row] as number;
    for (let k = 0; k < row; k++) value -= (factor[row * size + k] as number) * (solution[k] as number);
    solution[row] = value / (factor[row * size + row] as number);
  }
  for (let row = size - 1; row >= 0; row--) {
    let value = solution[row] as number;
    for (let k = row + 1; k < size; k++)
      value -= (factor[k * size + row] as number) * (solution[k] as number);
    solution[row] = value / (factor[row * size + row] as number);
  }
  return solution;
}
