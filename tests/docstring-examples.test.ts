import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";

/* Examples in docstrings that import the package are complete programs: each compiles by itself. */

const root = fileURLToPath(new URL("..", import.meta.url));

/** `load` or another name, to the examples in its docstring. */
const examples = new Map<string, string[]>();
for (const entry of readdirSync(join(root, "src"), { recursive: true, withFileTypes: true })) {
  if (!entry.name.endsWith(".ts")) continue;
  const text = readFileSync(join(entry.parentPath, entry.name), "utf8");
  for (const [, doc = "", name = ""] of text.matchAll(
    /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export (?:async )?(?:function\*?|const) (\w+)/g,
  )) {
    const lines = doc.replaceAll(/^ *\* ?/gm, "");
    const found = [...lines.matchAll(/^@example\n([\s\S]*?)(?=^@|$(?![\s\S]))/gm)]
      .map(([, code = ""]) => code)
      .filter((code) => code.includes('from "forecastlab"'));
    if (found.length > 0) examples.set(name, [...(examples.get(name) ?? []), ...found]);
  }
}

const folder = mkdtempSync(join(tmpdir(), "forecastlab-examples-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the compiler says about each file of an example. */
function diagnostics(): Map<string, string[]> {
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(join(root, "node_modules", "@types"), join(folder, "node_modules", "@types"));
  for (const [name, codes] of examples) {
    for (const [index, code] of codes.entries()) writeFileSync(join(folder, `${name}-${index}.ts`), code);
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const config = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: { paths: { forecastlab: [join(root, "src/index.ts")] }, moduleDetection: "force" },
    include: [join(folder, "*.ts")],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const found = new Map<string, string[]>();
  for (const line of compile().split("\n")) {
    const [, file, message = ""] = /^(\S+\.ts)(\(.*)/.exec(line) ?? [];
    if (file !== undefined) found.set(basename(file), [...(found.get(basename(file)) ?? []), message]);
  }
  return found;
}

function compile(): string {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  try {
    return execFileSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], { encoding: "utf8" });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

describe("an example", () => {
  const problems = diagnostics();

  test.for([...examples.keys()])("of %s compiles", (name) => {
    const own = [...problems].filter(([file]) => file.startsWith(`${name}-`));
    expect(own).toEqual([]);
  });

  test("is compiled if it is in a docstring of these functions", () => {
    expect([...examples.keys()]).toEqual(
      expect.arrayContaining([
        ...["load", "loadRuns", "readMapping", "parseMapping", "refusalOf"],
        ...["fillCalendar", "publicHolidays", "rollUp"],
      ]),
    );
  });

  test("has no problem outside of the examples", () => {
    const ours = [...examples].flatMap(([name, codes]) => codes.map((_, index) => `${name}-${index}.ts`));
    expect([...problems].filter(([file]) => !ours.includes(file))).toEqual([]);
  });
});
