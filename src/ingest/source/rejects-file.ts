/*
 * Rejects files as sources: the CSV files that loads write their rejected rows to, with the rows corrected.
 */

/** The columns a rejects file adds to those of the source. Only a file with records of faulty structure has `_line`. */
export const rejectsFileColumns: ReadonlySet<string> = new Set([
  "_file",
  "_record",
  "_codes",
  "_why",
  "_line",
]);

/** Whether the first line of a file is the header of a rejects file. */
export function isRejectsFile(head: Buffer): boolean {
  const [header = ""] = head.toString("utf8").split(/\r?\n/, 1);
  return /,_file,_record,_codes,_why(,_line)?$/.test(header);
}
