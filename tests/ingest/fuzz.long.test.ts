import fc from "fast-check";
import { describe, test } from "vitest";
import { freshDatabase, serverVersions } from "../support/warehouse.ts";
import { csvAgrees, csvFile, mapping, mappingIsHandled, ndjsonAgrees, ndjsonFile } from "./support/fuzz.ts";
import { Workspace } from "./support/load.ts";

/*
 * Many random files and mappings. `npm run fuzz` draws new ones in every run; FORECASTLAB_TEST_SEED repeats a run, and
 * FORECASTLAB_TEST_RUNS says how many are drawn of each kind.
 */

const workspace = new Workspace();
const fresh = process.env.npm_lifecycle_event === "fuzz" && process.env.FORECASTLAB_TEST_SEED === undefined;
const runs = {
  numRuns: Number(process.env.FORECASTLAB_TEST_RUNS ?? 300),
  ...(fresh ? { seed: Date.now() } : {}),
};
const timeout = 60_000 + runs.numRuns * 10_000;

describe.for(serverVersions())("on PostgreSQL %s", async (server) => {
  const database = await freshDatabase({ server });

  test("random CSV is loaded as a simple reader reads it", { timeout }, () =>
    fc.assert(
      fc.asyncProperty(csvFile, (file) => csvAgrees(database, workspace, file)),
      runs,
    ),
  );

  test("random NDJSON is loaded as a simple reader reads it", { timeout }, () =>
    fc.assert(
      fc.asyncProperty(ndjsonFile, (file) => ndjsonAgrees(database, workspace, file)),
      runs,
    ),
  );

  test("random mappings end in a result that adds up, or in an error about the mapping", { timeout }, () =>
    fc.assert(
      fc.asyncProperty(mapping, (of) => mappingIsHandled(database, workspace, of)),
      runs,
    ),
  );
});
