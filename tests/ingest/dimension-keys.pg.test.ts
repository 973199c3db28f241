import { describe, expect, test } from "vitest";
import { freshDatabase } from "../support/warehouse.ts";
import { faultsOf, fillDimensions, loadCsv, Workspace } from "./support/load.ts";

/* Natural keys, as they come out of the warehouse to be looked up. */

const workspace = new Workspace();

describe("keys", () => {
  test("are compared exactly, whatever characters they have", async () => {
    const own = await freshDatabase();
    await fillDimensions(own);
    const codes = [" x", "x ", "a,b", 'a"b', "a\nb", "a\r\nb", "NULL", "\\N", "é"];
    const quoted = codes.map((code) => `"${code.replaceAll('"', '""')}"`);
    await loadCsv(workspace, own, "store", `code,name\n${quoted.map((code) => `${code},n`).join("\n")}\n`);
    const traffic = quoted.map((code) => `2024-01-01,${code},1`).join("\n");
    const result = await loadCsv(
      workspace,
      own,
      "traffic_daily",
      `date,store_code,visitors\n${traffic}\n2024-01-01,X,1\n`,
    );
    expect(faultsOf(result)).toEqual([`${codes.length + 1} store_code UNKNOWN_STORE X`]);
  });
});
