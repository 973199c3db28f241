import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readCatalog } from "../../src/migration/check/catalog.ts";
import { compareCatalogs } from "../../src/migration/check/compare-catalogs.ts";
import { type DiffEngine, loadDiffEngine } from "../../src/migration/generate/drizzle-kit.ts";
import { emptySnapshot } from "../../src/migration/generate/snapshot.ts";
import { statementsBetween } from "../../src/migration/generate/statements-between.ts";
import { downgrade, upgrade, writeRevision } from "../../src/migration/index.ts";
import { freshDatabase, serverVersions } from "../support/warehouse.ts";
import { type ModelChange, modelChanges } from "./support/changes/index.ts";

const folders = mkdtempSync(join(tmpdir(), "forecastlab-revisions-"));
afterAll(() => rmSync(folders, { recursive: true }));

let engine: DiffEngine;
beforeAll(async () => {
  engine = await loadDiffEngine();
});

/** The revisions of a change, and the SQL that creates the changed model from nothing. */
interface WrittenChange {
  readonly folder: string;
  readonly model: string;
}

/** By name of the change. Each change is written once for all servers. */
const written = new Map<string, Promise<WrittenChange>>();

/** Writes the two revisions of a change as the command does, and edits them as a person would. */
async function write({ before, after, edit }: ModelChange): Promise<WrittenChange> {
  const folder = mkdtempSync(join(folders, "change-"));
  await writeRevision({ folder, model: before, message: "before", empty: Object.keys(before).length === 0 });
  const { path } = await writeRevision({ folder, model: after, message: "after" });
  if (path === null) throw new Error("no revision was written");
  if (edit) writeFileSync(path, edit(readFileSync(path, "utf8")));
  const model = await statementsBetween(engine, emptySnapshot, engine.snapshotOf(after));
  return { folder, model: model.join("\n").replaceAll("CONCURRENTLY", "") };
}

function remember(change: ModelChange): Promise<WrittenChange> {
  const folder = write(change);
  written.set(change.name, folder);
  return folder;
}

describe.for(serverVersions())(
  "each change of the model on PostgreSQL %s is upgraded, downgraded and upgraded again:",
  async (server) => {
    const database = await freshDatabase({ server, empty: true });
    const client = new pg.Client(database.url);
    beforeAll(async () => {
      await client.connect();
      await client.query("CREATE EXTENSION btree_gist");
    });
    afterAll(() => client.end());

    test.for(modelChanges.map((change, index) => [change.name, change, index] as const))(
      "%s",
      async ([, change, index]) => {
        const { folder, model } = await (written.get(change.name) ?? remember(change));
        await client.query(`CREATE SCHEMA change_${index}; SET search_path = change_${index}, public`);
        await upgrade(client, { folder, target: "0001" });
        const before = await readCatalog(client);
        await upgrade(client, { folder });
        const after = await readCatalog(client);
        expect(compareCatalogs(before, after)).not.toEqual([]);
        await downgrade(client, { folder, target: "-1" });
        expect(compareCatalogs(before, await readCatalog(client))).toEqual([]);
        await upgrade(client, { folder });
        expect(compareCatalogs(after, await readCatalog(client))).toEqual([]);
        await downgrade(client, { folder, target: "base" });
        const left = await readCatalog(client);
        expect(left.map(({ kind }) => kind)).toEqual(["extension"]);
        if (change.byHand) return;
        // The migrations and the model, created from nothing, give the same catalog.
        await client.query(model);
        expect(compareCatalogs(await readCatalog(client), after)).toEqual([]);
      },
    );
  },
);
