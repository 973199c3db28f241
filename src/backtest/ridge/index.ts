/** Ridge regression over a relation of DuckDB: sums in one pass, solved here, predicted in SQL. */
export { type Design, designOf, type RidgeRows, type Term } from "./design.ts";
export { type ChosenRidge, fitRidge, type Ridge, solveRidge } from "./fit.ts";
export { predictionSql } from "./predict.ts";
export { mergedSums, type Sums, sumRows } from "./sums.ts";
