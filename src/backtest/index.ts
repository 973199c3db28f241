/** Backtests: baselines, scores and intervals of forecasts; see docs/backtest.md. */

export { classify, type Demand, type DemandClass, demandClasses } from "./classify.ts";
export type { ForecastModel } from "./forecast-columns.ts";
export { boundName } from "./forecast-columns.ts";
export {
  addResiduals,
  type Bounds,
  type BucketInterval,
  boundsOf,
  type Calibration,
  type CalibrationRows,
  defaultLevels,
  emptyCalibration,
  type Intervals,
  intervalsOf,
} from "./intervals.ts";
export { type Forecasts, readForecasts } from "./long-format.ts";
export { type Choice, chooseModel } from "./models/auto.ts";
export { type History, hasTwoSeasons, type Model, observationsOf } from "./models/history.ts";
export { type BaselineName, baselineNames, baselines } from "./models/index.ts";
export * from "./ridge/index.ts";
export { backtest } from "./run/backtest.ts";
export {
  type BacktestFold,
  type BacktestPhase,
  type BacktestProgress,
  type BacktestRequest,
  type BacktestResult,
  backtestPhases,
  type ModelScores,
  type RidgeSummary,
} from "./run/request.ts";
export { type ScoreRequest, type ScoreResult, scoreForecasts } from "./run/score-file.ts";
export { meanDifference, type Scales, scalesOf } from "./scores/scale.ts";
export {
  addForecasts,
  type Dimension,
  emptyScoreboard,
  type GroupScores,
  mergeScoreboard,
  reportOf,
  type Scoreboard,
  type ScoreReport,
  type SeriesForecasts,
  type SeriesGroups,
} from "./scores/scoreboard.ts";
export type { IntervalScores, Scores } from "./scores/scores.ts";
export { bucketOf, type StepBucket, stepBuckets } from "./step-buckets.ts";
