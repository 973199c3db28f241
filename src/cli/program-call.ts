import { basename, delimiter, dirname, join, relative, resolve, sep } from "node:path";

/**
 * How the person who runs this process calls the program at this prompt, in this folder: `forecastlab` if it is on the PATH,
 * `npx forecastlab` in a project or a checkout (and what pnpm and yarn have for it), else node with the script's path. All
 * examples and advice use it, so that they work as typed.
 *
 * @param script the path of the script that runs (`process.argv[1]`)
 * @param folder the working folder
 */
export function programCall(script: string, environment: NodeJS.ProcessEnv, folder: string): string {
  const agent = environment.npm_config_user_agent ?? "";
  if (agent.startsWith("pnpm/")) return "pnpm exec forecastlab";
  if (agent.startsWith("yarn/")) return "yarn forecastlab";
  if (environment.npm_execpath !== undefined) return "npx forecastlab";
  const onPath = (environment.PATH ?? "").split(delimiter).includes(dirname(script));
  if (basename(script) === "forecastlab" && onPath) return "forecastlab";
  // The package of the script (PACKAGE/dist/cli/main.js, which Windows' shims run), or the project that it is installed in.
  const parts = script.split(sep);
  const modules = parts.lastIndexOf("node_modules");
  const project = modules === -1 ? resolve(script, "../../..") : parts.slice(0, modules).join(sep);
  const inside = !relative(project, folder).startsWith("..");
  if (inside) return "npx forecastlab";
  if (modules !== -1 && basename(script) !== "forecastlab") return "forecastlab";
  const path = relative(folder, script).startsWith("..") ? script : join(".", relative(folder, script));
  const quoted = /^[\w./\\:-]+$/.test(path) ? path : `"${path}"`;
  return basename(script) === "forecastlab" ? quoted : `node ${quoted}`;
}
