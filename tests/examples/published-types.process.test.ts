import { existsSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/* The published declarations: a program that installs this package gets the types of all packages they import. */

const root = new URL("../../", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));

test("the declarations of the built package import only packages whose types are installed with it", () => {
  const packages = new Set(
    [...declarations("dist/index.d.ts", new Map())].flatMap(([, text]) =>
      specifiersOf(text).filter((name) => !name.startsWith(".") && !name.startsWith("node:")),
    ),
  );
  const names = [...packages]
    .map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name)
    .filter((name) => !builtinModules.includes(name));
  expect(names).toContain("pg");
  for (const name of new Set(names)) {
    expect(Object.keys(manifest.dependencies), `the dependency ${name}`).toContain(name);
    const own = JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, root), "utf8"));
    const typed = own.types ?? own.typings ?? JSON.stringify(own.exports ?? {}).includes(".d.");
    if (!typed) expect(Object.keys(manifest.dependencies)).toContain(`@types/${name}`);
  }
});

const specifiersOf = (text: string) =>
  [...text.replaceAll(/\/\*[\s\S]*?\*\//g, "").matchAll(/(?:\bfrom\s+|import\()"([^"]+)"/g)].map(
    ([, specifier = ""]) => specifier,
  );

/** A declaration file and all that it imports by a relative path. */
function declarations(path: string, found: Map<string, string>): Map<string, string> {
  if (found.has(path)) return found;
  const text = readFileSync(new URL(path, root), "utf8");
  found.set(path, text);
  for (const specifier of specifiersOf(text).filter((name) => name.startsWith("."))) {
    const url = new URL(specifier.replace(/\.(js|ts)$/, ".d.ts"), new URL(path, root));
    if (existsSync(url)) declarations(fileURLToPath(url).slice(fileURLToPath(root).length), found);
  }
  return found;
}
