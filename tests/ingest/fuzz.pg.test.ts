import fc from "fast-check";
import { describe, test } from "vitest";
import { freshDatabase } from "../support/warehouse.ts";
import { csvAgrees, csvFile, ndjsonAgrees, ndjsonFile } from "./support/fuzz-files.ts";
import { mapping, mappingIsHandled } from "./support/fuzz-mappings.ts";
import { Workspace } from "./support/load.ts";

/* A few random files and mappings; fuzz.long.test.ts loads many. */

const workspace = new Workspace();
const database = await freshDatabase();
const numRuns = 5;

describe("a random file or mapping ends in a result that adds up, or in an error that names it", () => {
  test("CSV, and what is loaded is what a simple reader finds", () =>
    fc.assert(
      fc.asyncProperty(csvFile, (file) => csvAgrees(database, workspace, file)),
      { numRuns },
    ));

  test("NDJSON, and what is loaded is what a simple reader finds", () =>
    fc.assert(
      fc.asyncProperty(ndjsonFile, (file) => ndjsonAgrees(database, workspace, file)),
      { numRuns },
    ));

  test("mappings", () =>
    fc.assert(
      fc.asyncProperty(mapping, (file) => mappingIsHandled(database, workspace, file)),
      { numRuns },
    ));
});
