import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import * as frame from "../../src/frame/index.ts";
import { Workspace } from "../ingest/support/load.ts";

/* The examples in the docstrings of the public functions. */

const root = fileURLToPath(new URL("../..", import.meta.url));
const source = join(root, "src/frame");
const workspace = new Workspace();

/** The code after `@example` in the docstring of each exported function, by its name. */
function examplesIn(text: string): [name: string, code: string][] {
  const docstrings = text.matchAll(/^\/\*\*\n((?: \*.*\n)*?) \*\/\nexport (?:async )?function (\w+)/gm);
  return [...docstrings].flatMap(([, lines = "", name = ""]): [string, string][] => {
    const [, code] = lines.replaceAll(/^ \* ?/gm, "").split("@example\n");
    return code === undefined ? [] : [[name, code]];
  });
}

const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".ts"),
);
const examples = new Map(files.flatMap((name) => examplesIn(readFileSync(join(source, name), "utf8"))));
const functions = Object.values(frame).filter((value) => typeof value === "function");

describe("the example of a public function", () => {
  test.for(functions.map(({ name }) => name))("is there, and imports from the package: %s", (name) => {
    expect(examples.get(name)).toMatch(/^import \{.*\} from "forecastlab";$/m);
  });

  test("compiles by itself, as all others do", () => {
    const options = { noEmit: true, typeRoots: [join(root, "node_modules/@types")] };
    const project = { extends: join(root, "tsconfig.json"), compilerOptions: options, include: ["*.mts"] };
    workspace.write("tsconfig.json", JSON.stringify(project));
    for (const [name, code] of examples) workspace.write(`${name}.mts`, code);
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const compile = () => execFileSync(process.execPath, [tsc, "-p", workspace.folder], { encoding: "utf8" });
    expect(compile()).toBe("");
    workspace.write("wrong.mts", 'import { buildFrame } from "forecastlab";\nawait buildFrame();\n');
    expect(compile).toThrow();
  });
});
