/*
 * How many columns of a terminal text takes: two for wide characters (Chinese, Japanese, Korean, most emoji), none for
 * combining ones. For text without control characters (visible-text.ts).
 */

/** The columns that the text takes. */
export function displayWidth(text: string): number {
  if (narrow.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

/** Filled with spaces on the right, to at least so many columns. */
export const padEnd = (text: string, width: number): string =>
  text + " ".repeat(Math.max(0, width - displayWidth(text)));

/** Filled with spaces on the left, to at least so many columns. */
export const padStart = (text: string, width: number): string =>
  " ".repeat(Math.max(0, width - displayWidth(text))) + text;

/** The text if it fits, else as much of its start as fits, and an ellipsis. */
export function cutEnd(text: string, width: number): string {
  return displayWidth(text) <= width ? text : `${splitAt(text, width - 1)[0]}…`;
}

/** The text if it fits, else an ellipsis, and as much of its end as fits: what tells paths apart. */
export function cutStart(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  const characters = [...text];
  let [from, left] = [characters.length, width - 1];
  while (from > 0) {
    left -= widthOf(characters[from - 1] ?? "");
    if (left < 0) break;
    from--;
  }
  // A combining character does not begin a text.
  while (combining.test(characters[from] ?? "")) from++;
  return `…${characters.slice(from).join("")}`;
}

/** The text in two: what fits into so many columns, and the rest. */
export function splitAt(text: string, width: number): [fits: string, rest: string] {
  let [end, left] = [0, width];
  for (const character of text) {
    left -= widthOf(character);
    if (left < 0) break;
    end += character.length;
  }
  return [text.slice(0, end), text.slice(end)];
}

const widthOf = (character: string) => (combining.test(character) ? 0 : wide.test(character) ? 2 : 1);

const narrow = /^[\x20-\x7e…—–·×]*$/;

/** Marks and formats, and the vowels and finals that join a Hangul syllable; not the soft hyphen and the signs of Arabic numbers. */
const combining =
  /^(?![\u00ad\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}])[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]/u;

/** Wide and Fullwidth in Unicode's EastAsianWidth.txt, by block; regional indicators are wide only in pairs. */
const wide =
  /^(?![\u{1f1e6}-\u{1f1ff}])[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u3247\u3250-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18d08}\u{1aff0}-\u{1b2fb}\u{1f200}-\u{1f265}\u{20000}-\u{2fffd}\u{30000}-\u{3fffd}\p{Emoji_Presentation}]/u;
