/**
 * Text that is safe to print: characters that steer a terminal, reorder a line or cannot be seen are replaced by a sign or
 * by their number. `\u001b[2J` becomes `␛[2J`, a right-to-left override `\u{202e}`. What is visible stays as it is, whatever
 * the script; so do the joiners of emoji and Persian.
 */
export function visible(text: string): string {
  return text.replace(invisible, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    return code === 0x7f ? "␡" : `\\u{${code.toString(16)}}`;
  });
}

/**
 * JSON in one line that is safe to print. `JSON.stringify` escapes only the characters below 0x20; the others that
 * {@link visible} replaces are escaped too. The value is the same for every parser.
 */
export const jsonText = (value: unknown): string => safeJson(JSON.stringify(value));

/** The same for JSON that is written already. Within strings, JSON allows these characters to be escaped. */
export const safeJson = (json: string): string =>
  json.replace(invisible, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

/**
 * C0, DEL and C1; marks, embeddings, overrides and isolates of bidirectional text; line and paragraph separators; spaces
 * without width and byte order marks.
 */
const invisible =
  /[\u0000-\u001f\u007f-\u009f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
