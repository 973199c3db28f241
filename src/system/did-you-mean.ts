/**
 * `did you mean store?`: the candidate that is spelled most like the word, else up to three that share a part with it, as
 * `sales` does with `sales_daily` and `sales_txn`. Undefined if there is none.
 */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const near = nearest(word, candidates);
  const found = near === undefined ? withCommonPart(word, candidates).slice(0, 3) : [near];
  if (found.length === 0) return undefined;
  const last = found.at(-1);
  return `did you mean ${[found.slice(0, -1).join(", "), last].filter(Boolean).join(" or ")}?`;
}

/** Candidates that hold the word, begin with it, or have a whole part in common with it. */
function withCommonPart(word: string, candidates: readonly string[]): string[] {
  const [lower, parts] = [word.toLowerCase(), partsOf(word)];
  if (lower.length < shortest) return [];
  return candidates.filter((candidate) => {
    const other = candidate.toLowerCase();
    return other.includes(lower) || partsOf(candidate).some((part) => parts.includes(part));
  });
}

const partsOf = (name: string) =>
  name
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => part.length >= shortest);

/** Shorter parts, such as `id`, say nothing. */
const shortest = 3;

/** The candidate closest to the word: at most a third of its letters differ. */
function nearest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (best === undefined) return undefined;
  return best.distance <= Math.max(1, Math.floor(best.candidate.length / 3)) ? best.candidate : undefined;
}

/** How many insertions, deletions, substitutions and swaps of adjacent letters turn one word into the other. */
function editDistance(a: string, b: string): number {
  const table = Array.from({ length: a.length + 1 }, (_, row) => [row]);
  const at = (row: number, column: number) => table[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let column = 1; column <= b.length; column++) table[0]?.push(column);
  for (let row = 1; row <= a.length; row++) {
    for (let column = 1; column <= b.length; column++) {
      const changed = a[row - 1] === b[column - 1] ? 0 : 1;
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      table[row]?.push(
        Math.min(
          at(row - 1, column - 1) + changed,
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          swapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(a.length, b.length);
}
