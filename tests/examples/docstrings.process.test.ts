import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import * as library from "../../src/index.ts";
import * as migration from "../../src/migration/index.ts";
import { sourceTree } from "../support/imports.ts";

/* Every public function shows how it is called, and what it shows compiles: in docstrings and in the README. */

const root = fileURLToPath(new URL("../../", import.meta.url));
/** A command may be called like the function it calls. */
const tree = new Map([...sourceTree("src")].filter(([path]) => !path.startsWith("src/cli/")));

const isFunction = (value: unknown) => typeof value === "function" && !/^class\b/.test(String(value));
const publicFunctions = [
  ...new Set(
    [library, migration].flatMap((face) =>
      Object.entries(face).flatMap(([name, value]) => (isFunction(value) ? [name] : [])),
    ),
  ),
];

/** The docstring in front of an exported function, without its asterisks. */
function docstringOf(name: string): string | undefined {
  const pattern = new RegExp(
    `/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\s*export (?:async )?(?:function|const) ${name}\\b`,
  );
  for (const text of tree.values()) {
    const docstring = pattern.exec(text)?.[1];
    if (docstring !== undefined) return docstring.replaceAll(/^\s*\* ?/gm, "");
  }
  return undefined;
}

/** The code of an `@example`, up to the next tag, without its fences. */
const exampleOf = (docstring: string) =>
  /@example\s*\n([\s\S]*?)(?:\n@|$)/.exec(docstring)?.[1]?.replaceAll(/^```(ts)?$/gm, "");

const readmeSnippets = [
  ...readFileSync(join(root, "README.md"), "utf8").matchAll(/```ts\n([\s\S]*?)```/g),
].map(([, code = ""]) => code);

describe("public functions", () => {
  test.for(publicFunctions)("%s has a docstring with an @example", (name) => {
    const docstring = docstringOf(name);
    expect(docstring, `the docstring of ${name}`).toBeDefined();
    expect(exampleOf(docstring ?? ""), `the @example of ${name}`).toBeDefined();
  });
});

describe("examples compile", () => {
  const folder = mkdtempSync(join(tmpdir(), "forecastlab-examples-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("in docstrings and in the README, each by itself", async () => {
    const examples = publicFunctions.flatMap((name) => {
      const code = exampleOf(docstringOf(name) ?? "");
      return code === undefined ? [] : [[name, code] as const];
    });
    // A snippet of the README goes on with the connection of the one before it.
    const context = 'declare const database: import("forecastlab").Database;\n';
    const snippets = readmeSnippets.map(
      (code, index) => [`README-${index + 1}`, `${context}${code}`] as const,
    );
    for (const [name, code] of [...examples, ...snippets]) {
      writeFileSync(join(folder, `${name}.ts`), `${code}\nexport {};\n`);
    }
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(configuration));
    expect(await diagnosticsOf(folder)).toBe("");
    expect(examples.length).toBeGreaterThan(20);
    expect(snippets.length).toBeGreaterThan(1);
  });
});

const configuration = {
  extends: join(root, "tsconfig.json"),
  compilerOptions: {
    noUnusedLocals: false,
    typeRoots: [join(root, "node_modules/@types")],
    paths: {
      forecastlab: [join(root, "src/index.ts")],
      "forecastlab/migration": [join(root, "src/migration/index.ts")],
    },
  },
  include: ["*.ts"],
};

async function diagnosticsOf(folder: string): Promise<string> {
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
    "bin/tsc",
  );
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [compiler, "-p", folder]);
    return stdout;
  } catch (error) {
    return String((error as { stdout?: string }).stdout);
  }
}
