import { rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { describe, expect, test } from "vitest";
import { withClient } from "../../src/database/connection.ts";
import { asDatabaseFailure } from "../../src/database/failures.ts";
import { withEngine } from "../../src/duckdb/engine.ts";
import { freshDatabase } from "../support/warehouse.ts";

function serverError(code: string, message: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError(message, message.length, "error"), { code });
}

describe("the culprit of a failure", async () => {
  const database = await freshDatabase();
  const codeOf = (work: () => Promise<unknown>) =>
    withClient(database, () => withEngine(undefined, work)).catch((error) => error.code);

  test("is the server's disk, not the temporary folder, if the server says so", async () => {
    const full = serverError("53100", 'could not extend file "base/1": No space left on device');
    expect(await codeOf(() => Promise.reject(full))).toBe("DATABASE_DISK_FULL");
    const own = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    expect(await codeOf(() => Promise.reject(own))).toBe("SPACE_EXHAUSTED");
  });

  test("is the temporary folder, not the server, if it vanished", async () => {
    const withoutFolder = (work: (folder: string) => Promise<unknown>) =>
      withClient(database, () =>
        withEngine(undefined, async ({ folder }) => {
          rmSync(folder, { recursive: true });
          await work(folder);
        }),
      ).catch((error) => error.code);
    expect(await withoutFolder((folder) => readFile(join(folder, "x")))).toBe("TEMPORARY_FOLDER_LOST");
    expect(await withoutFolder((folder) => writeFile(join(folder, "x"), ""))).toBe("TEMPORARY_FOLDER_LOST");
  });

  test("is no connection for errors of files and pipes with the same code", () => {
    for (const code of ["ENOENT", "EACCES", "EPIPE", "ETIMEDOUT"]) {
      const error = Object.assign(new Error(code), { code, syscall: "open" });
      expect(asDatabaseFailure(error, "db:5432/shop")).toBe(error);
    }
    const missing = Object.assign(new Error("x"), { code: "ENOENT", syscall: "connect" });
    expect(asDatabaseFailure(missing, "db:5432/shop")).toMatchObject({ code: "DATABASE_UNREACHABLE" });
  });
});
