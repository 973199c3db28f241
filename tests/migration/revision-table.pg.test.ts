import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { databaseOf } from "../../src/database/connection.ts";
import { downgrade, stamp, status, upgrade } from "../../src/migration/index.ts";
import { freshDatabase, urlOf } from "../support/warehouse.ts";
import { failureOf, good, revisionsFolder } from "./support/migration.ts";

describe("files that contradict the revision table", async () => {
  const database = await freshDatabase({ empty: true });
  const second = { id: "0002_second", up: "CREATE TABLE second ();", down: "DROP TABLE second;" };
  const folder = revisionsFolder(good, second);

  test("an edited file of an applied revision is refused until stamp accepts it", async () => {
    await upgrade(database, { folder });
    appendFileSync(join(folder, "0001_good.sql"), "-- edited\n");
    for (const run of [
      () => upgrade(database, { folder }),
      () => downgrade(database, { folder, target: "-1" }),
    ]) {
      const error = await failureOf(run());
      expect(error.code).toBe("REVISION_EDITED");
      expect(error.message).toContain("0001_good");
      expect(error.cli).toContain("forecastlab stamp 0002_second");
    }
    expect(await stamp(database, { folder, target: "0002" })).toMatchObject({
      added: [],
      removed: [],
      refreshed: ["0001_good"],
    });
    expect((await upgrade(database, { folder })).steps).toEqual([]);
  });

  test("stamp marks any revision as the current one, and base drops the revision table", async () => {
    expect(await stamp(database, { folder, target: "0001" })).toMatchObject({ removed: ["0002_second"] });
    expect(await status(database, { folder })).toMatchObject({ revision: "0001_good" });
    expect(await stamp(database, { folder, target: "head" })).toMatchObject({ added: ["0002_second"] });
    expect(await stamp(database, { folder, target: "head" })).toMatchObject({
      added: [],
      removed: [],
      refreshed: [],
    });
    expect(await stamp(database, { folder, target: "base" })).toMatchObject({ to: null });
    expect(await status(database, { folder })).toMatchObject({ revision: null });
    await stamp(database, { folder, target: "head" });
  });

  test("two heads are refused, and the error names both", async () => {
    const branched = revisionsFolder(good, second, { id: "0002_theirs", parent: "0001_good", up: "" });
    const error = await failureOf(upgrade(database, { folder: branched }));
    expect(error.code).toBe("REVISION_HEADS");
    expect(error.message).toContain("0002_second and 0002_theirs");
  });

  test("an applied revision without a file is refused, and the error names it", async () => {
    const error = await failureOf(upgrade(database, { folder: revisionsFolder(good) }));
    expect(error.code).toBe("LEDGER_MISMATCH");
    expect(error.message).toContain("0002_second");
  });

  test("a revision applied without the one before it is refused, and the error names both", async () => {
    const between = revisionsFolder(good, { id: "0001b_between", up: "" }, second);
    const error = await failureOf(upgrade(database, { folder: between }));
    expect(error.message).toContain("applied 0002_second but not 0001b_between before it");
  });

  test("a search path without a schema is refused, and the error shows it", async () => {
    const nowhere = databaseOf(`${urlOf(database)}?options=-csearch_path%3Dnowhere`);
    const error = await failureOf(upgrade(nowhere, { folder }));
    expect(error.code).toBe("SCHEMA_NOT_CHOSEN");
    expect(error.message).toContain("the search path is nowhere");
  });
});
