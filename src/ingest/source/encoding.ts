import { fail } from "../../errors.ts";

/** The text encoding of a file. UTF-8 is read as it is; everything else is converted to it. */
export interface Encoding {
  /** As the user wrote it if it is UTF-8, otherwise as the WHATWG Encoding Standard names it. */
  readonly label: string;
  readonly kind: "utf-8" | "windows-1252" | "other";
}

/**
 * The encoding of a label. Latin-1 is read as windows-1252, of which it is a part: files said to be Latin-1 usually are.
 *
 * @throws ENCODING_UNKNOWN
 */
export function encodingOf(label: string): Encoding {
  const known = label.trim().toLowerCase();
  if (["utf-8", "utf8"].includes(known)) return { label, kind: "utf-8" };
  const spelling = known.replace(/^latin-(\d)/, "latin$1").replace(/^utf-?16$/, "utf-16le");
  try {
    const name = new TextDecoder(spelling).encoding;
    if (name === "utf-8") return { label, kind: "utf-8" };
    return { label: name, kind: name === "windows-1252" ? "windows-1252" : "other" };
  } catch {
    throw fail("ENCODING_UNKNOWN", { encoding: label });
  }
}
