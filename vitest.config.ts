import { defineConfig } from "vitest/config";

/** Needs a PostgreSQL, or starts processes of its own. */
const integration = ["tests/**/*.pg.test.ts", "tests/**/*.process.test.ts"];

/** The same, and takes long: `npm run test:long`. */
const long = ["tests/**/*.long.test.ts"];

const onServers = {
  setupFiles: ["tests/support/properties.ts"],
  globalSetup: ["tests/support/servers.ts"],
  hookTimeout: 60_000,
};

export default defineConfig({
  test: {
    // Two cores, and the servers need some of them.
    maxWorkers: 3,
    projects: [
      {
        test: {
          name: "unit",
          setupFiles: ["tests/support/properties.ts"],
          include: ["tests/**/*.test.ts"],
          exclude: [...integration, ...long],
        },
      },
      {
        test: {
          ...onServers,
          name: "integration",
          include: integration,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          ...onServers,
          name: "long",
          include: long,
          testTimeout: 300_000,
        },
      },
    ],
  },
});
