import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Two cores, and the servers need some of them.
    maxWorkers: 3,
    projects: [
      {
        test: {
          name: "unit",
          setupFiles: ["tests/support/properties.ts"],
          include: ["tests/unit/**/*.test.ts"],
        },
      },
      {
        test: {
          name: "integration",
          setupFiles: ["tests/support/properties.ts"],
          include: ["tests/integration/**/*.test.ts"],
          globalSetup: ["tests/support/servers.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
