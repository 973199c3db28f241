import { describe, expect, test, vi } from "vitest";
import { check, upgrade, writeRevision } from "../../src/migration/index.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { revisionsFolder } from "./support/migration.ts";

// As if the package were installed without its development tools.
vi.mock("drizzle-kit/api", () => {
  throw new Error("Cannot find package 'drizzle-kit'");
});

describe("without drizzle-kit", async () => {
  const database = await freshDatabase({ empty: true });

  test("check compares everything else, and reports what it did not examine", async () => {
    await upgrade(database);
    expect(await check(database)).toMatchObject({
      findings: [],
      replayed_in: "database",
      not_examined: ["the model: drizzle-kit is not installed"],
    });
    expect((await check(database, { model: false })).not_examined).toEqual([]);
  });

  test("writeRevision names the missing package; an empty revision does not need it", async () => {
    const folder = revisionsFolder();
    await expect(writeRevision({ folder, message: "x" })).rejects.toThrow(
      expect.objectContaining({
        code: "DIFF_ENGINE_MISSING",
        action: expect.stringContaining("npm install"),
      }),
    );
    expect(await writeRevision({ folder, message: "x", empty: true })).toMatchObject({ revision: "0001_x" });
  });
});
