/** How the fields of a CSV file are written: character codes. `quote` is undefined if the file has no quoting. */
export interface Dialect {
  readonly delimiter: number;
  readonly quote: number | undefined;
}

/** Commas and double quotes, as in RFC 4180. */
export const rfc4180: Dialect = { delimiter: 0x2c, quote: 0x22 };

/**
 * The dialect of a file. Default: double quotes and a comma, or a tab if the file's name ends in `.tsv` or `.tab`.
 *
 * @param format.quote empty for a file without quoting
 */
export function dialectOf(
  path: string,
  format: { readonly delimiter?: string | undefined; readonly quote?: string | undefined },
): Dialect {
  const delimiter = format.delimiter ?? (isTabSeparated(path) ? "\t" : ",");
  const quote = format.quote ?? '"';
  return { delimiter: delimiter.charCodeAt(0), quote: quote === "" ? undefined : quote.charCodeAt(0) };
}

const isTabSeparated = (path: string) => /\.(tsv|tab)(\.(gz|zst))?$/i.test(path);

/** The delimiter as text. */
export const delimiterOf = ({ delimiter }: Dialect): string => String.fromCharCode(delimiter);
