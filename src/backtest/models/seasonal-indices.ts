import type { Observations } from "./history.ts";

/**
 * Multiplicative seasonal indices: the mean of each position in the season, relative to the mean of these means. 1 is an
 * average day, and 0 a weekday on which nothing was ever sold. Dividing by an index removes the season from a value;
 * values of positions with the index 0 say nothing about the level and are left out.
 *
 * A position with fewer than two observed values gets 1. So do all if a value is negative or all are 0, because ratios then
 * have no meaning.
 *
 * Positions are drawn toward 1 as if each had `priorSeasons` more values of the overall mean, because few sales make
 * ratios by chance; positions without any sale in {@link enough} periods keep 0.
 */
export function seasonalIndicesOf(observations: Observations, season: number): Float64Array {
  const { count, values, positions, hasNegative } = observations;
  const indices = new Float64Array(season).fill(1);
  if (hasNegative || season === 1) return indices;
  const sums = new Float64Array(season);
  const counts = new Int32Array(season);
  for (let index = 0; index < count; index++) {
    const position = positions[index] as number;
    sums[position] = (sums[position] as number) + (values[index] as number);
    counts[position] = (counts[position] as number) + 1;
  }
  let total = 0;
  let eligible = 0;
  for (let position = 0; position < season; position++) {
    const seen = counts[position] as number;
    if (seen < 2) continue;
    total += (sums[position] as number) / seen;
    eligible++;
  }
  const mean = total / eligible;
  if (!(mean > 0)) return indices;
  for (let position = 0; position < season; position++) {
    const seen = counts[position] as number;
    const sum = sums[position] as number;
    if (seen < 2) continue;
    const closed = sum === 0 && seen >= enough;
    indices[position] = closed ? 0 : (sum / mean + priorSeasons) / (seen + priorSeasons);
  }
  return indices;
}

const priorSeasons = 2;
const enough = 8;
