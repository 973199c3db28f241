/** What the demand of a series is like; `no_demand` if no observed period has any. */
export type DemandClass = "smooth" | "erratic" | "intermittent" | "lumpy" | "no_demand";

/** In the order in which they are reported. */
export const demandClasses: readonly DemandClass[] = [
  "smooth",
  "erratic",
  "intermittent",
  "lumpy",
  "no_demand",
];

export interface Demand {
  readonly class: DemandClass;
  /** Average periods from one demand to the next: observed periods per period with demand; null without demand. */
  readonly adi: number | null;
  /** Squared coefficient of variation of the demand in periods that have any (variance of the sample); null without demand. */
  readonly cv2: number | null;
}

/**
 * The class of a series by the scheme of Syntetos, Boylan and Croston (On the categorization of demand patterns, Journal of
 * the Operational Research Society 56, 2005): intermittent if the average interval is at least 1.32 periods, erratic if the
 * squared coefficient of variation is at least 0.49, lumpy if both. Periods with a weight of 0 or without a number do not
 * count, and values of 0 or less are no demand.
 *
 * The variation of a single demand is 0.
 */
export function classify(
  y: Float64Array,
  weight: Uint8Array | Float64Array,
  count: number = y.length,
): Demand {
  let [periods, demands, mean, squares] = [0, 0, 0, 0];
  for (let period = 0; period < count; period++) {
    const value = y[period] as number;
    if (!((weight[period] as number) > 0 && Number.isFinite(value))) continue;
    periods++;
    if (value <= 0) continue;
    demands++;
    // Welford: stable for large values that vary little.
    const difference = value - mean;
    mean += difference / demands;
    squares += difference * (value - mean);
  }
  if (demands === 0) return { class: "no_demand", adi: null, cv2: null };
  const adi = periods / demands;
  const cv2 = demands === 1 ? 0 : squares / (demands - 1) / (mean * mean);
  return { class: classOf(adi, cv2), adi, cv2 };
}

function classOf(adi: number, cv2: number): DemandClass {
  if (adi < 1.32) return cv2 < 0.49 ? "smooth" : "erratic";
  return cv2 < 0.49 ? "intermittent" : "lumpy";
}
