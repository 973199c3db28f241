import { describe, expect, test } from "vitest";
import { circlesOf, type Import, importsOf, sourceTree } from "./support/imports.ts";

/*
 * Which way imports may point. Read from the tree itself, so that a new arrow of the wrong kind fails here, with file and
 * line. docs/architecture.md says the same in words.
 */

/** Layers from the ground up. A file imports its own folder and folders of lower layers. */
const layers: readonly (readonly string[])[] = [
  ["errors"],
  ["system", "schema"],
  ["database"],
  ["duckdb"],
  ["migration", "calendar", "ingest", "rollup", "frame", "query"],
  // Made of frames.
  ["backtest"],
  ["recipes"],
  ["cli", "index"],
];

const capabilities = new Set([...(layers[4] ?? []), ...(layers[5] ?? [])]);

/** Folders within a capability, from the ground up. Files directly in the capability are not held to it. */
const innerLayers: Readonly<Record<string, readonly (readonly string[])[]>> = {
  migration: [["revisions"], ["apply", "generate"], ["check"]],
  ingest: [["source"], ["ledger"], ["rows"], ["publish"], ["unload"]],
};

/** `src/ingest/rows/x.ts` -> ["ingest", "rows"]; `src/errors.ts` -> ["errors"] */
function placeOf(path: string): { readonly folder: string; readonly inner: string | undefined } {
  const [, folder = "", ...rest] = path.replace(/\.ts$/, "").split("/");
  return { folder, inner: rest.length > 1 ? rest[0] : undefined };
}

const rankIn = (order: readonly (readonly string[])[], name: string | undefined) =>
  order.findIndex((layer) => layer.includes(name ?? ""));

/** What is wrong with an import, if anything. */
function violationOf({ from, to }: Import): string | undefined {
  const [source, target] = [placeOf(from), placeOf(to)];
  const [above, below] = [rankIn(layers, source.folder), rankIn(layers, target.folder)];
  if (above === -1 || below === -1) return "a folder without a layer: add it to tests/architecture.test.ts";
  if (source.folder === target.folder) {
    const inner = innerLayers[source.folder] ?? [];
    const [high, low] = [rankIn(inner, source.inner), rankIn(inner, target.inner)];
    const upward = high !== -1 && low !== -1 && source.inner !== target.inner && low >= high;
    return upward ? `${source.inner} is not above ${target.inner}` : undefined;
  }
  if (above === below && capabilities.has(source.folder) && capabilities.has(target.folder)) {
    return `the capability ${source.folder} imports the capability ${target.folder}`;
  }
  if (below >= above) return `${source.folder} is not above ${target.folder}`;
  if (capabilities.has(target.folder) && to !== `src/${target.folder}/index.ts`) {
    return `${target.folder} is entered by its index.ts only`;
  }
  return undefined;
}

const violationsOf = (imports: readonly Import[]): string[] =>
  imports.flatMap((arrow) => {
    const problem = violationOf(arrow);
    return problem === undefined ? [] : [`${arrow.from}:${arrow.line} imports ${arrow.to}: ${problem}`];
  });

const tree = sourceTree("src");

describe("the tree", () => {
  const imports = importsOf(tree);

  test("is read: every import leads to a file", () => {
    expect(imports.length).toBeGreaterThan(500);
    expect(imports.filter(({ to }) => !tree.has(to))).toEqual([]);
  });

  test("has no circle of imports, type imports included", () => {
    expect(circlesOf(imports).map((circle) => circle.join(" -> "))).toEqual([]);
  });

  test("has imports downward only", () => {
    expect(violationsOf(imports)).toEqual([]);
  });
});

describe("a planted import is found, with file and line", () => {
  const planted = (path: string, line: string) => {
    const changed = new Map(tree);
    const text = changed.get(path);
    if (text === undefined) throw new Error(`there is no ${path}`);
    changed.set(path, `// planted\n${line}\n${text}`);
    return importsOf(changed);
  };

  test.for([
    [
      "src/ingest/load.ts",
      'import "../frame/index.ts";',
      "the capability ingest imports the capability frame",
    ],
    ["src/calendar/fill.ts", 'export * from "../cli/command.ts";', "calendar is not above cli"],
    ["src/database/connection.ts", 'import "../duckdb/engine.ts";', "database is not above duckdb"],
    [
      "src/errors.ts",
      'import type { Client } from "./database/connection.ts";',
      "errors is not above database",
    ],
    [
      "src/cli/commands/load.ts",
      'const lazy = () => import("../../ingest/load.ts");',
      "ingest is entered by its index.ts only",
    ],
    ["src/index.ts", 'export * from "./frame/frame.ts";', "frame is entered by its index.ts only"],
    [
      "src/migration/revisions/revisions.ts",
      'import { type Target } from "../apply/session.ts";',
      "revisions is not above apply",
    ],
    [
      "src/calendar/fill.ts",
      'import "../http/server.ts";',
      "a folder without a layer: add it to tests/architecture.test.ts",
    ],
  ] as const)("%s: %s", ([path, line, problem]) => {
    const found = violationsOf(planted(path, line));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^${path}:2 imports src/.*: `));
    expect(found[0]?.endsWith(problem)).toBe(true);
  });

  test.for([
    ["a circle of types", "src/duckdb/chunks.ts", 'import type { Engine } from "./engine.ts";'],
    ["a circle of one import at run time", "src/system/file-failures.ts", 'await import("./yaml.ts");'],
  ] as const)("%s", ([, path, line]) => {
    const circles = circlesOf(planted(path, line));
    expect(circles).toHaveLength(1);
    expect(circles[0]).toContain(path);
  });
});
