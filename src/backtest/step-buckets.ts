/** Steps of the horizon that are scored and calibrated together. */
export interface StepBucket {
  readonly name: string;
  /** The first step of the bucket; it ends before the next one begins. */
  readonly from: number;
}

/** Steps count from 1, the first period after the cutoff. */
export const stepBuckets: readonly StepBucket[] = [
  { name: "1-7", from: 1 },
  { name: "8-14", from: 8 },
  { name: "15-28", from: 15 },
  { name: "29+", from: 29 },
];

/** The index of a step's bucket in {@link stepBuckets}. */
export function bucketOf(step: number): number {
  if (!(step >= 1)) throw new Error(`step ${step}`);
  return step < 8 ? 0 : step < 15 ? 1 : step < 29 ? 2 : 3;
}
