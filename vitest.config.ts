import { defineConfig } from "vitest/config";

/** Needs a PostgreSQL, or starts processes of its own. */
const integration = ["tests/**/*.pg.test.ts", "tests/**/*.process.test.ts"];

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
          exclude: integration,
        },
      },
      {
        test: {
          name: "integration",
          setupFiles: ["tests/support/properties.ts"],
          include: integration,
          globalSetup: ["tests/support/servers.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
