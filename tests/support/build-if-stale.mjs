import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/* Builds dist/ unless it is newer than every source: `npm ci` has just built it, an edit has not. */

const root = fileURLToPath(new URL("../../", import.meta.url));
const program = join(root, "dist/cli/main.js");

const changed_ms = (path) => statSync(join(root, path)).mtimeMs;
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => changed_ms(join("src", path)));
const inputs = [...sources, changed_ms("package.json"), changed_ms("tsconfig.build.json")];
// A file that was deleted leaves no time behind, but its folder's changes.
const folders = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs);

if (!existsSync(program) || Math.max(...inputs, ...folders) > statSync(program).mtimeMs) {
  execFileSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: "inherit" });
}
