import { describe, expect, test } from "vitest";
import { programCall } from "../../src/cli/program-call.ts";

describe.skipIf(process.platform === "win32")("how the program is called", () => {
  const path = { PATH: "/usr/bin:/usr/local/bin" };
  test.for([
    ["installed globally", "/usr/local/bin/forecastlab", path, "/home/me", "forecastlab"],
    [
      "by npx in a project",
      "/home/me/shop/node_modules/.bin/forecastlab",
      { ...path, npm_execpath: "/usr/lib/npm-cli.js", npm_config_user_agent: "npm/10.8.2 node/v20" },
      "/home/me/shop",
      "npx forecastlab",
    ],
    [
      "by its path in a project",
      "/home/me/shop/node_modules/.bin/forecastlab",
      path,
      "/home/me/shop/data",
      "npx forecastlab",
    ],
    [
      "by pnpm",
      "/home/me/shop/node_modules/.bin/forecastlab",
      { npm_config_user_agent: "pnpm/9.0.0 npm/? node/v20" },
      "/home/me/shop",
      "pnpm exec forecastlab",
    ],
    [
      "by node in a checkout",
      "/home/me/forecastlab/dist/cli/main.js",
      path,
      "/home/me/forecastlab",
      "npx forecastlab",
    ],
    [
      "by node from elsewhere",
      "/home/me/forecastlab/dist/cli/main.js",
      path,
      "/home/me",
      "node forecastlab/dist/cli/main.js",
    ],
    [
      "by node from far away",
      "/opt/my lab/dist/cli/main.js",
      path,
      "/home/me",
      'node "/opt/my lab/dist/cli/main.js"',
    ],
    [
      "by a global shim of Windows, which runs the script itself",
      "/usr/lib/node_modules/forecastlab/dist/cli/main.js",
      path,
      "/home/me",
      "forecastlab",
    ],
  ] as const)("%s", ([, script, environment, folder, call]) => {
    expect(programCall(script, environment, folder)).toBe(call);
  });
});
