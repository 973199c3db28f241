import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type EngineTable, engineTables, tables } from "../../src/ingest/engine-tables.ts";

/* src/ingest/engine-tables.ts is the only place that names a table of DuckDB, and says who makes, reads and drops each. */

const folder = fileURLToPath(new URL("../../src/ingest", import.meta.url));
const sources = new Map(
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name.endsWith(".ts") && entry.name !== "engine-tables.ts")
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(folder, path), readFileSync(path, "utf8")];
    }),
);
const declarations: [key: string, EngineTable][] = Object.entries(engineTables);

test("names are unique, and need no quotes but for a month", () => {
  const names = declarations.map(([, { name }]) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z]+(_[a-z]+)*(_\{(dimension|month)\})?$/);
});

test("a name with a part in braces is made from that part", () => {
  expect(tables.sourceFile).toBe("source_file");
  expect(tables.dimension("store")).toBe("dimension_store");
  expect(tables.changedRow("2024-02")).toBe("changed_row_2024-02");
});

describe("the files that a declaration names", () => {
  test.for(declarations)("of %s are those that refer to it, and have the functions", ([key, declared]) => {
    const { madeBy, readBy, droppedBy } = declared;
    const named = [madeBy, readBy, droppedBy].join("; ");
    const files = [...named.matchAll(/[\w/-]+\.ts/g)].map(([file]) => file);
    const referring = [...sources].filter(([, text]) => new RegExp(`\\btables\\.${key}\\b`).test(text));
    expect([...new Set(files)].sort()).toEqual(referring.map(([file]) => file).sort());
    for (const [, file = "", functions = ""] of named.matchAll(/([\w/-]+\.ts): ([\w, ]+)/g)) {
      for (const name of functions.split(",").map((part) => part.trim().split(" ")[0])) {
        expect(sources.get(file)).toMatch(new RegExp(`\\b(function|const|class) ${name}\\b`));
      }
    }
  });
});

test("no other file writes a name into SQL or gives one to an appender", () => {
  const names = declarations.map(([, { name }]) => name.replace(/\{.*/, "\\w+")).join("|");
  const literal = new RegExp(`\\b(FROM|JOIN|INTO|TABLE|VIEW|TYPE|EXISTS)\\s+(${names})\\b|appender\\(["'\`]`);
  for (const [file, text] of sources) expect(text.match(literal)?.[0], file).toBeUndefined();
});
