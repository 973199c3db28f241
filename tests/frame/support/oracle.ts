import { type Client, withTransaction } from "../../../src/database/connection.ts";
import { quoteIdentifier } from "../../../src/database/identifiers.ts";
import type { FrameSpec } from "../../../src/frame/index.ts";
import { rowsOf } from "../../support/warehouse.ts";
import { driverFamilies } from "./oracle-drivers.ts";
import { historyFamilies } from "./oracle-history.ts";
import { makeFrameRows } from "./oracle-rows.ts";

/*
 * What docs/frames.md says about frames, in plain SQL on PostgreSQL: one small query per family of columns, which looks each cell up
 * for its own row. It is slow, written to be read, and shares nothing with src/frame except the spec.
 */

export interface OracleRequest {
  readonly cutoff: string;
  readonly horizon: number;
  readonly spec: FrameSpec;
  /** A day or a moment, as `--known-at` takes it. */
  readonly knownAt?: string | undefined;
}

export type Cell = string | number | boolean | null;
export type FrameRow = Readonly<Record<string, Cell>>;

export interface OracleFrame {
  readonly training: { readonly columns: readonly string[]; readonly rows: readonly FrameRow[] };
  readonly future: { readonly columns: readonly string[]; readonly rows: readonly FrameRow[] };
}

/** Columns that are computed together. Each is an expression over `here`, a row of the frame, and what `from` joins to it. */
export interface Family {
  readonly from?: string;
  readonly columns: Readonly<Record<string, string>>;
  readonly values?: readonly unknown[];
}

/** Both frames, complete and in order: rows by `unique_id` and `ds`, columns as docs/frames.md lists them. */
export async function oracleFrame(client: Client, request: OracleRequest): Promise<OracleFrame> {
  return withTransaction(client, async () => {
    await makeFrameRows(client, request);
    const drivers = await driversInFrame(client, request.spec);
    const families = [
      ...driverFamilies(request.spec, drivers),
      ...historyFamilies(request.spec, drivers, await knownUntil(client)),
    ];
    const rows: Record<string, Cell>[] = await rowsOf(client, selectFrom({ columns: keys }));
    const names: string[] = [];
    for (const family of families) {
      const cells = await rowsOf<FrameRow>(client, selectFrom(family), [...(family.values ?? [])]);
      for (const [index, row] of rows.entries()) Object.assign(row, cells[index]);
      names.push(...Object.keys(family.columns));
    }
    return split(rows, names, request.spec.exclude);
  });
}

const keys = {
  unique_id: "here.unique_id",
  ds: "here.ds",
  horizon_step: "here.horizon_step",
  y: "here.y::float8",
  is_imputed: "here.is_imputed",
  is_stockout: "here.is_stockout",
  is_store_closed: "here.is_store_closed",
  sample_weight: "here.sample_weight",
};

/** Rows are in the order of their bytes, whatever the collation of the database. */
function selectFrom({ columns, from = "" }: Family): string {
  const cells = Object.entries(columns).map(([name, sql]) => `${sql} AS ${quoteIdentifier(name)}`);
  return `
    SELECT ${cells.join(",\n")}
    FROM frame_row AS here ${from}
    ORDER BY here.unique_id COLLATE "C", here.ds
  `;
}

/** The last day of the last training period. */
async function knownUntil(client: Client): Promise<string> {
  const [row] = await rowsOf<{ day: string }>(client, "SELECT known_until::text AS day FROM request");
  return row?.day as string;
}

/** The default frame has the drivers whose tables have facts up to the cutoff. */
async function driversInFrame(client: Client, spec: FrameSpec): Promise<readonly string[]> {
  const [facts] = await rowsOf<Record<string, boolean>>(
    client,
    `SELECT
       EXISTS (SELECT FROM known_price WHERE valid_from <= (SELECT known_until FROM request)) AS price,
       EXISTS (SELECT FROM known_promotion WHERE start_date <= (SELECT known_until FROM request)) AS promotion,
       EXISTS (SELECT FROM known_inventory) AS inventory,
       EXISTS (SELECT FROM known_traffic) AS traffic,
       EXISTS (SELECT FROM known_weather) AS weather`,
  );
  return spec.drivers.filter((driver) => spec.drivers_named || facts?.[driver] !== false);
}

function split(
  rows: readonly FrameRow[],
  features: readonly string[],
  exclude: readonly string[],
): OracleFrame {
  const wanted = features.filter((name) => !exclude.includes(name));
  const masks = ["y", "is_imputed", "is_stockout", "is_store_closed", "sample_weight"];
  const frameWith = (columns: readonly string[], ofFrame: readonly FrameRow[]) => ({
    columns,
    rows: ofFrame.map((row) => Object.fromEntries(columns.map((name) => [name, row[name] ?? null]))),
  });
  return {
    training: frameWith(
      ["unique_id", "ds", ...masks, ...wanted],
      rows.filter((row) => row.horizon_step === null),
    ),
    future: frameWith(
      ["unique_id", "ds", "horizon_step", ...wanted],
      rows.filter((row) => row.horizon_step !== null),
    ),
  };
}
