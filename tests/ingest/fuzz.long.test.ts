import fc from "fast-check";
import { test } from "vitest";
import { freshDatabase } from "../support/warehouse.ts";
import { csvAgrees, csvFile, ndjsonAgrees, ndjsonFile } from "./support/fuzz-files.ts";
import { mapping, mappingIsHandled } from "./support/fuzz-mappings.ts";
import { Workspace } from "./support/load.ts";

/*
 * Many random files and mappings. `npm run fuzz` draws more of them, and new ones in every run. FORECASTLAB_TEST_SEED repeats a
 * run, and FORECASTLAB_TEST_RUNS says how many are drawn of each kind.
 */

const workspace = new Workspace();
const database = await freshDatabase();
const { npm_lifecycle_event, FORECASTLAB_TEST_RUNS, FORECASTLAB_TEST_SEED } = process.env;
const fuzzing = npm_lifecycle_event === "fuzz";
const numRuns = Number(FORECASTLAB_TEST_RUNS ?? (fuzzing ? 1_000 : 60));
const runs = { numRuns, ...(fuzzing && FORECASTLAB_TEST_SEED === undefined ? { seed: Date.now() } : {}) };
const timeout = 60_000 + numRuns * 10_000;

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
