import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Model } from "../../src/migration/generate/snapshot.ts";
import {
  compareCatalogs,
  downgrade,
  readCatalog,
  upgrade,
  writeRevision,
} from "../../src/migration/index.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { anyShapes, modelOf } from "./support/models.ts";

const folders = mkdtempSync(join(tmpdir(), "forecastlab-any-"));
afterAll(() => rmSync(folders, { recursive: true }));

describe("a change from any model to any other", async () => {
  const database = await freshDatabase({ empty: true });
  const client = new pg.Client(database.url);
  beforeAll(() => client.connect());
  afterAll(() => client.end());
  let schemas = 0;

  /** Creates an empty schema, and a folder with one revision per model. */
  async function revisionsThrough(...models: Model[]): Promise<string> {
    const folder = mkdtempSync(join(folders, "models-"));
    for (const model of models) await writeRevision({ folder, model, message: "next" });
    schemas += 1;
    await client.query(`CREATE SCHEMA any_${schemas}; SET search_path = any_${schemas}`);
    return folder;
  }

  test("upgrades to the catalog that the second model makes alone, and downgrades to the first", async () => {
    await fc.assert(
      fc.asyncProperty(anyShapes, anyShapes, async (source, target) => {
        const [before, after] = [modelOf(source), modelOf(target)];
        const alone = await revisionsThrough(after);
        await upgrade(client, { folder: alone });
        const expected = await readCatalog(client);

        const folder = await revisionsThrough(before, after);
        const first = Object.keys(before).length === 0 ? "+0" : "+1";
        await upgrade(client, { folder, target: first });
        const start = await readCatalog(client);
        await upgrade(client, { folder });
        expect(compareCatalogs(expected, await readCatalog(client))).toEqual([]);
        await downgrade(client, { folder, target: first === "+0" ? "base" : "0001" });
        expect(compareCatalogs(start, await readCatalog(client))).toEqual([]);
        await upgrade(client, { folder });
        expect(compareCatalogs(expected, await readCatalog(client))).toEqual([]);
      }),
      { numRuns: Number(process.env.FORECASTLAB_TEST_RUNS ?? 20) },
    );
  });
});
