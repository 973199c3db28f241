import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { quoteIdentifier } from "../../../src/database/identifiers.ts";
import { type Engine, withEngine } from "../../../src/duckdb/engine.ts";
import { type OutputColumn, type OutputFile, openOutput } from "../../../src/frame/output/index.ts";

/** Columns of all types; `awkward` has values that are difficult for formats. */
export const trainingColumns: readonly OutputColumn[] = [
  { name: "unique_id", type: "VARCHAR" },
  { name: "ds", type: "TIMESTAMP" },
  { name: "y", type: "DOUBLE" },
  { name: "is_imputed", type: "BOOLEAN" },
  { name: "year", type: "INTEGER" },
  { name: "region", type: "VARCHAR" },
  { name: "awkward", type: "VARCHAR" },
  { name: "number", type: "DOUBLE" },
  { name: "since", type: "TIMESTAMP" },
  { name: "nothing", type: "INTEGER" },
];

export const futureColumns: readonly OutputColumn[] = [
  ...trainingColumns.slice(0, 2),
  { name: "horizon_step", type: "INTEGER" },
  ...trainingColumns.slice(4),
];

/** An engine with the rows of {@link makeFrames}, and folders to write to. All of it is removed at the end of the test file. */
export class FramesToWrite {
  readonly #folder = mkdtempSync(join(tmpdir(), "forecastlab-test-"));
  #engine: Engine | undefined;
  #folders = 0;

  constructor() {
    let finish = () => {};
    let over: Promise<void> = Promise.resolve();
    beforeAll(async () => {
      await new Promise<void>((ready, failed) => {
        over = withEngine(undefined, async (engine) => {
          await makeFrames(engine);
          this.#engine = engine;
          ready();
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
        });
        over.catch(failed);
      });
    });
    afterAll(async () => {
      finish();
      await over;
      rmSync(this.#folder, { recursive: true });
    });
  }

  get engine(): Engine {
    if (this.#engine === undefined) throw new Error("the engine starts before the first test");
    return this.#engine;
  }

  /** A new folder for the files of one test. */
  newFolder(): string {
    const path = join(this.#folder, String(++this.#folders));
    mkdirSync(path);
    return path;
  }
}

/** Rows of the training frame: more than a row group and a record batch have. */
export const allRows = 125_000;

/** Makes the tables `training` and `future`; `n` is the position of a row. */
async function makeFrames(engine: Engine): Promise<void> {
  await engine.run(`
    CREATE TABLE training AS
    SELECT n, printf('S%02d/SKU-%010d', n // 40000, n // 700) AS unique_id, (DATE '2023-06-01' + (n % 700)::INTEGER)::TIMESTAMP AS ds,
      CASE WHEN n % 11 = 0 THEN NULL ELSE n / 7 END AS y, n % 3 = 0 AS is_imputed, year(ds)::INTEGER AS year,
      CASE WHEN n % 1000 = 999 THEN NULL ELSE ['Nord/Ost', 'Süd "A"', 'Ouest=1%', '007', 'NULL', ''][1 + n // 700 % 6] END
        AS region,
      ['plain', '', NULL, 'comma, "quoted"', 'two' || chr(10) || 'lines', 'ünï 東京 🛒', repeat('long ', 30), chr(13), ' a ']
        [1 + n % 9] AS awkward,
      [0.1 + 0.2::DOUBLE, -0.0::DOUBLE, 5e-324, 1.7976931348623157e308, NULL, 1 / 3, 'nan'::DOUBLE, '-inf'::DOUBLE][1 + n % 8]
        AS number,
      CASE WHEN n % 5 <> 0 THEN (DATE '1969-12-01' + (n % 60)::INTEGER)::TIMESTAMP END AS since, NULL::INTEGER AS nothing
    FROM (SELECT range AS n FROM range(${allRows}))
  `);
  await engine.run(`
    CREATE TABLE future AS SELECT * EXCLUDE (y, is_imputed), 1 + (n % 28)::INTEGER AS horizon_step FROM training LIMIT 100
  `);
}

/** SQL of a block of a frame: its rows from the position `from` to before `to`. */
export function block(frame: "training" | "future", from: number, to: number): string {
  const columns = (frame === "training" ? trainingColumns : futureColumns).map(({ name }) =>
    quoteIdentifier(name),
  );
  return `SELECT ${columns.join(", ")} FROM ${frame} WHERE n >= ${from} AND n < ${to} ORDER BY unique_id, ds`;
}

export interface Writing {
  readonly out: string;
  readonly format?: "parquet" | "arrow" | "csv";
  readonly partitionBy?: readonly string[];
  /** How many rows each block of the training frame has. */
  readonly blocks?: readonly number[];
  readonly metadata?: (frame: string) => Readonly<Record<string, string>>;
}

/** Writes the frames of {@link makeFrames} and publishes them. */
export async function write(engine: Engine, { blocks = [1000], ...place }: Writing): Promise<OutputFile[]> {
  const output = await openOutput(engine, { ...place, training: trainingColumns, future: futureColumns });
  let from = 0;
  for (const rows of blocks) {
    await output.append("training", block("training", from, from + rows));
    from += rows;
  }
  await output.append("future", block("future", 0, 100));
  let listed: readonly OutputFile[] = [];
  await output.publish((files) => {
    listed = files;
    return { manifest_version: 1, forecastlab: "0.0.0", files };
  });
  return [...listed];
}

/** How many rows of a relation differ in any column from the row at the same position of the training frame, of its first `rows`. */
export async function differing(engine: Engine, relation: string, rows: number): Promise<number> {
  const [columns, texts] = [trainingColumns, trainingColumns].map((list) =>
    list
      .map(({ name }) => `CAST(${quoteIdentifier(name)} AS VARCHAR) AS ${quoteIdentifier(name)}`)
      .join(", "),
  );
  const differs = trainingColumns.map(({ name }) => `found."${name}" IS DISTINCT FROM expected."${name}"`);
  return await engine.count(`
    SELECT count(*) FILTER (WHERE ${differs.join(" OR ")} OR (expected.unique_id IS NULL) OR (found.unique_id IS NULL))
    FROM (SELECT ${columns} FROM ${relation}) AS found
    POSITIONAL JOIN (SELECT ${texts} FROM training WHERE n < ${rows} ORDER BY n) AS expected
  `);
}

/** Every file below a folder, by path, with its SHA-256. */
export function hashes(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
  return Object.fromEntries(
    files.sort().map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex"),
    ]),
  );
}
