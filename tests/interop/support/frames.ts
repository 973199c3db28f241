import type { Database } from "../../../src/database/connection.ts";
import { buildFrame, type FrameDefinition, type FrameResult } from "../../../src/frame/index.ts";
import { fillDays, loadExample, rollUpAll } from "../../examples/support/examples.ts";
import { freshRetailFile } from "../../examples/support/shared-data.ts";
import type { Workspace } from "../../ingest/support/load.ts";

/* Warehouses of real data, and their frames. */

/** 4 stores, 240 series, 2024-03-28 to 2024-06-25; the calendar continues for a month. */
export async function loadFreshRetailNet(database: Database): Promise<void> {
  await fillDays(database, "2024-03-28", "2024-07-31", "CN");
  for (const table of [
    "store",
    "product",
    "sales_daily",
    "inventory_snapshot_daily",
    "promotion",
    "weather_daily",
  ]) {
    await loadExample(database, table, [freshRetailFile], `freshretailnet/${table}`);
  }
}

/** December 2010, rolled up to days. */
export async function loadOnlineRetail(database: Database, files: readonly string[]): Promise<void> {
  await fillDays(database, "2010-12-01", "2011-01-31", "GB");
  for (const table of ["store", "product", "sales_txn"]) {
    await loadExample(database, table, files, `online_retail/${table}`);
  }
  await rollUpAll(database);
}

/** The same frame in every format. @returns paths by format, for the scripts; the manifest is that of the Parquet files */
export async function frameInAllFormats(
  database: Database,
  workspace: Workspace,
  definition: FrameDefinition & { readonly name: string },
): Promise<{ readonly parquet: FrameResult; readonly arrow: FrameResult; readonly csv: FrameResult }> {
  const { name, ...frame } = definition;
  const inFormat = (format: "parquet" | "arrow" | "csv") =>
    buildFrame(database, { ...frame, out: workspace.path(`${name}.${format}`), format });
  return {
    parquet: await inFormat("parquet"),
    arrow: await inFormat("arrow"),
    csv: await inFormat("csv"),
  };
}
