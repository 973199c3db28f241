import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path/posix";
import { fileURLToPath } from "node:url";

/** A file of the tree imports another one: static, dynamic, re-exported or for its types only. */
export interface Import {
  /** Path from the root of the tree, such as `src/ingest/load.ts`. */
  readonly from: string;
  readonly line: number;
  readonly to: string;
}

/** The TypeScript files below a folder of the project, by path from its root. */
export function sourceTree(folder: string): Map<string, string> {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const paths = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".ts"))
    .sort();
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

/** All imports between files of the tree, in order of file and line. */
export function importsOf(tree: ReadonlyMap<string, string>): Import[] {
  return [...tree].flatMap(([from, text]) =>
    [...text.matchAll(importPattern)].map((match) => ({
      from,
      line: text.slice(0, match.index + match[0].length).split("\n").length,
      to: normalize(join(dirname(from), match[1] ?? match[2] ?? "")),
    })),
  );
}

/** `from "./x.ts"`, `import "./x.ts"` and `import("./x.ts")`. */
const importPattern = /(?:\bfrom|^import)\s+"(\.{1,2}\/[^"]+)"|\bimport\(\s*"(\.{1,2}\/[^"]+)"\s*\)/gm;

/** Circles of imports: of each the files, in the order in which they import one another. One per knot. */
export function circlesOf(imports: readonly Import[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
  const circles: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start !== -1) {
      circles.push(path.slice(start));
      return;
    }
    if (done.has(file)) return;
    for (const other of next.get(file) ?? []) visit(other, [...path, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return circles;
}
