import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { withDuckDB } from "../duckdb.ts";
import { type Measurement, timed } from "../measurement.ts";
import { firstDay, type Shape, sku, storeCode } from "../shape.ts";
import type { Case } from "./cases.ts";

/*
 * What a user would pick instead: the lags, windows and calendar columns of the default frame by other libraries, from one Parquet
 * file with the same facts to another one. They do not read a warehouse, and know no stockouts, prices or promotions.
 */

/** From this size, pandas is left out: it takes too long and too much memory. */
export const mostPandasRows = 500_000;

const peers = ["mlforecast", "polars", "pandas"];

export const peerCases: readonly Case[] = peers.map((peer) => ({
  name: `peer_${peer}`,
  title: `lags, windows and calendar by ${peer}, from and to Parquet`,
  run: async ({ folder, shape, signal }) => runPeer(peer, shape, folder, signal),
}));

/** The Python of the pinned environment of tests/interop. @throws if there is none */
export function peerPython(): string {
  const given = process.env.FORECASTLAB_TEST_PYTHON ?? inPackage(".venv-interop/bin/python");
  if (existsSync(given)) return given;
  throw new Error("--peers needs a Python environment: run tests/interop/prepare-python.sh");
}

/** Writes what the peers read: one row per series and day, sorted. */
export async function writePeerFacts(shape: Shape, folder: string): Promise<void> {
  const { days, stores, products } = shape;
  const sql = `
    SELECT ${storeCode("s")} || '/' || ${sku("p")} AS unique_id, (DATE '${firstDay}' + d::INTEGER)::TIMESTAMP AS ds,
      (hash(d, s, p, 'quantity') % 20)::DOUBLE AS y
    FROM range(${stores}) AS a(s), range(${products}) AS b(p), range(${days}) AS c(d)
    ORDER BY unique_id, ds`;
  await withDuckDB(folder, (connection) =>
    connection.run(`COPY (${sql}) TO '${factsIn(folder)}' (FORMAT parquet, COMPRESSION zstd)`),
  );
}

const factsIn = (folder: string) => join(folder, "peer-facts.parquet");

function runPeer(peer: string, shape: Shape, folder: string, signal: AbortSignal): Promise<Measurement> {
  const script = inPackage(`bench/frame/peers/features_${peer}.py`);
  return timed(shape.rows, () =>
    promisify(execFile)(peerPython(), [script, factsIn(folder), join(folder, "peer-out.parquet")], {
      signal,
    }),
  );
}

const inPackage = (path: string) =>
  fileURLToPath(new URL(path, import.meta.resolve("forecastlab/package.json")));
