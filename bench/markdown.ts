/** A table whose first column is text and whose others are numbers. */
export function markdownTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = headings.map((_, column) => (column === 0 ? "---" : "---:"));
  return [headings, rule, ...rows].map(line).join("\n");
}

/** Replaces the named section between its markers, or appends it. All other text stays the same. */
export function replaceSection(document: string, name: string, section: string): string {
  const [start, end] = [`<!-- bench: ${name} -->`, `<!-- end of ${name} -->`];
  const block = `${start}\n${section.trim()}\n${end}`;
  const [from, to] = [document.indexOf(start), document.indexOf(end)];
  if (from === -1 && to === -1) return `${document.trimEnd()}\n\n${block}\n`;
  if (from === -1 || to < from) throw new Error(`the markers of ${name} are out of order`);
  return `${document.slice(0, from)}${block}${document.slice(to + end.length)}`;
}

/** `5000000` -> `5,000,000` */
export const grouped = (value: number) => value.toLocaleString("en-US");
