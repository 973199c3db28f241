import { describe, expect, test, vi } from "vitest";
import { check, revision, upgrade } from "../../src/migration/index.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { revisionsFolder } from "./support/migration.ts";

// As where the package is installed without its development tools.
vi.mock("drizzle-kit/api", () => {
  throw new Error("Cannot find package 'drizzle-kit'");
});

describe("without drizzle-kit", async () => {
  const database = await freshDatabase({ empty: true });

  test("check does all the rest, and says what it did not examine", async () => {
    await upgrade({ database });
    expect(await check({ database })).toMatchObject({
      findings: [],
      replayedIn: "database",
      notExamined: ["the model: drizzle-kit is not installed"],
    });
  });

  test("revision says in one sentence what is missing; --empty needs it not", async () => {
    const folder = revisionsFolder();
    await expect(revision({ folder, message: "x" })).rejects.toThrow(
      expect.objectContaining({
        code: "DIFF_ENGINE_MISSING",
        action: expect.stringContaining("npm install"),
      }),
    );
    expect(await revision({ folder, message: "x", empty: true })).toMatchObject({ revision: "0001_x" });
  });
});
