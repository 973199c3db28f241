import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { RecordBatchReader, tableFromIPC } from "apache-arrow";
import { decompress } from "fzstd";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { describe, expect, test } from "vitest";
import { openOutput } from "../../src/frame/output/index.ts";
import {
  allRows,
  block,
  differing,
  FramesToWrite,
  futureColumns,
  hashes,
  trainingColumns,
  write,
} from "./support/output.ts";

const given = new FramesToWrite();

const csvTypes = trainingColumns.map(({ name, type }) => `'${name}': '${type}'`).join(", ");
const readCsv = (path: string) =>
  `read_csv('${path}', header = true, columns = {${csvTypes}}, nullstr = '', allow_quoted_nulls = false, strict_mode = true)`;

/** More rows than a row group and a record batch have, in blocks whose sizes are multiples of nothing. */
const uneven = [1, 0, 122_997, 2000, 2];

describe("a frame", { timeout: 20_000 }, () => {
  test("of blocks of any size reads back equal, cell by cell and in order: Parquet", async () => {
    const out = join(given.newFolder(), "x.parquet");
    await write(given.engine, { out, blocks: uneven });
    expect(await differing(given.engine, `read_parquet('${out}')`, allRows)).toBe(0);
    expect(await given.engine.rows(`DESCRIBE FROM read_parquet('${out}')`)).toMatchObject(
      trainingColumns.map(({ name, type }) => ({ column_name: name, column_type: type })),
    );
  });

  test("of blocks of any size reads back equal, cell by cell and in order: CSV", async () => {
    const out = join(given.newFolder(), "x.csv");
    await write(given.engine, { out, blocks: [7, 0, 2048, 945] });
    expect(await differing(given.engine, readCsv(out), 3000)).toBe(0);
    const lines = readFileSync(out, "utf8").split("\n", 4);
    expect(lines[0]).toBe(trainingColumns.map(({ name }) => name).join(","));
    expect(lines[1]).toBe("S00/SKU-0000000000,2023-06-01,,true,2023,Nord/Ost,plain,0.30000000000000004,,");
    expect(lines[2]).toMatch(/,"",-0\.0,1969-12-02,$/);
  });

  test("of blocks of any size reads back equal, cell by cell and in order: Arrow", async () => {
    const out = join(given.newFolder(), "x.arrow");
    await write(given.engine, { out, blocks: [1, 0, 65_540, 459] });
    const table = tableFromIPC(readFileSync(out));
    expect(table.schema.fields.map(({ name, type }) => `${name} ${type}`)).toEqual(
      trainingColumns.map(({ name, type }) => `${name} ${arrowNames[type]}`),
    );
    const batches = [65_536, 464];
    expect(table.batches.map(({ numRows }) => numRows)).toEqual(batches);
    // The first chunks, and those around the end of a block and of a batch.
    const expected = await given.engine.rows<Record<string, unknown>>(
      "FROM training WHERE n < 3000 OR n BETWEEN 63000 AND 65999",
    );
    for (const { name, type } of trainingColumns) {
      const column = table.getChild(name);
      const cell = (row: Record<string, unknown>) =>
        type === "TIMESTAMP" && row[name] !== null ? Number(row[name]) : row[name];
      const differing = expected.filter((row) => !Object.is(column?.get(Number(row.n)), cell(row)));
      expect(differing, name).toEqual([]);
    }
    // It can be read as a stream too: the schema is at the start, not only in the footer.
    const stream = RecordBatchReader.from(readFileSync(out).subarray(8));
    expect([...stream].map(({ numRows }) => numRows)).toEqual(batches);
  });

  test.for([
    { out: "x.parquet" },
    { out: "x.csv" },
    { out: "x.arrow" },
    { out: "x", partitionBy: ["year"] },
    { out: "x", partitionBy: ["year"], format: "csv" },
  ] as const)("has the same bytes every time, with one thread or two: %o", async ({ out, ...writing }) => {
    const places = [given.newFolder(), given.newFolder()];
    for (const [index, place] of places.entries()) {
      await given.engine.run(`SET threads = ${index + 1}`);
      await write(given.engine, { out: join(place, out), ...writing, blocks: [124_000, 1000] });
    }
    const [first, second] = places.map(hashes);
    expect(first).toEqual(second);
  });

  test.for(["x.parquet", "x.csv", "x.arrow"])("without rows has its columns: %s", async (name) => {
    const out = join(given.newFolder(), name);
    const [training] = await write(given.engine, { out, blocks: name === "x.csv" ? [] : [0, 0] });
    expect(training).toMatchObject({ path: name, frame: "training", rows: 0 });
    const names = trainingColumns.map((column) => column.name);
    if (name === "x.arrow") {
      expect(tableFromIPC(readFileSync(out)).schema.fields.map((field) => field.name)).toEqual(names);
    } else {
      const found = await given.engine.rows<{ column_name: string }>(`DESCRIBE FROM '${out}'`);
      expect(found.map((column) => column.column_name)).toEqual(names);
      expect(await given.engine.count(`SELECT count(*) FROM '${out}'`)).toBe(0);
    }
  });

  test("rejects a block with other columns, which could not be in one file", async () => {
    const output = await openOutput(given.engine, {
      out: join(given.newFolder(), "x.parquet"),
      training: trainingColumns,
      future: futureColumns,
    });
    await expect(output.append("training", block("future", 0, 1))).rejects.toThrow(/cannot take/);
    await output.discard();
  });
});

describe("the metadata of a file", () => {
  const metadata = (frame: string) => ({ "forecastlab.frame": frame, "forecastlab.it's": 'quoted "ü" 東京' });

  test.for([
    { name: "x.parquet", blocks: [0, 3, 4] },
    { name: "x.parquet", blocks: [] },
    { name: "x.arrow", blocks: [3, 4] },
    { name: "x.arrow", blocks: [] },
  ])("is that of its frame, with any number of blocks: %o", async ({ name, blocks }) => {
    const out = join(given.newFolder(), name);
    await write(given.engine, { out, blocks, metadata });
    expect(await metadataIn(out)).toEqual(metadata("training"));
    expect(await metadataIn(out.replace("x.", "x.future."))).toEqual(metadata("future"));
  });

  test("is in every file of a folder", async () => {
    const out = join(given.newFolder(), "frames");
    const files = await write(given.engine, { out, partitionBy: ["year"], blocks: [1400], metadata });
    for (const { path, frame } of files) expect(await metadataIn(join(out, path))).toEqual(metadata(frame));
  });

  async function metadataIn(path: string): Promise<object> {
    if (path.endsWith(".arrow")) return Object.fromEntries(tableFromIPC(readFileSync(path)).schema.metadata);
    const pairs = await given.engine.rows<{ key: string; value: string }>(
      `SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata('${path}')`,
    );
    return Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
  }
});

const arrowNames = {
  VARCHAR: "Utf8",
  TIMESTAMP: "Timestamp<MICROSECOND>",
  DOUBLE: "Float64",
  INTEGER: "Int32",
  BOOLEAN: "Bool",
};

describe("Parquet's row groups", { timeout: 20_000 }, () => {
  const asDuckDb = "FORMAT parquet, COMPRESSION zstd, WRITE_BLOOM_FILTER false";

  test("of one block make, byte for byte, the file that DuckDB writes", async () => {
    const place = given.newFolder();
    await write(given.engine, { out: join(place, "x.parquet"), blocks: [allRows] });
    const direct = join(given.newFolder(), "direct.parquet");
    await given.engine.run(`COPY (${block("training", 0, allRows)}) TO '${direct}' (${asDuckDb})`);
    expect(readFileSync(join(place, "x.parquet")).equals(readFileSync(direct))).toBe(true);
  });

  test("keep their statistics, and filters find the same rows as in the table", async () => {
    const place = given.newFolder();
    const out = join(place, "x.parquet");
    await write(given.engine, { out, blocks: uneven });
    const whole = join(place, "whole.parquet");
    const rows = uneven.reduce((sum, count) => sum + count, 0);
    await given.engine.run(
      `COPY (${block("training", 0, rows)}) TO '${whole}' (${asDuckDb}, ROW_GROUP_SIZE 122880)`,
    );
    const facts = `COLUMNS(* EXCLUDE (file_name, row_group_id, dictionary_page_offset, data_page_offset))`;
    const described = (file: string) => given.engine.rows(`SELECT ${facts} FROM parquet_metadata('${file}')`);
    const expected = await described(whole);
    expect(await described(out)).toEqual(expected);
    expect(expected.length).toBe(trainingColumns.length * Math.ceil(rows / 122_880));

    for (const condition of [
      "unique_id = 'S02/SKU-0000000120'",
      "ds BETWEEN DATE '2024-01-01' AND DATE '2024-01-03'",
      "number < 0",
      "number = 0",
      "isnan(number)",
      "since < DATE '1969-12-05'",
      "awkward > 'ü'",
      "awkward = ''",
      "NOT is_imputed AND y > 19000",
      "nothing IS NOT NULL",
    ]) {
      const [found, expected] = await Promise.all(
        [`read_parquet('${out}')`, "training"].map((source) =>
          given.engine.count(`SELECT count(*) FROM ${source} WHERE ${condition}`),
        ),
      );
      expect(found, condition).toBe(expected);
    }
  });

  test("are of the same size whatever blocks the rows come in, and so are the bytes", async () => {
    const bytes = new Set<string>();
    for (const blocks of [
      uneven,
      [125_000],
      [60_000, 65_000],
      [122_880, 2120],
      [1, 124_999],
      [50_000, 50_000, 25_000],
    ]) {
      const out = join(given.newFolder(), "x.parquet");
      await write(given.engine, { out, blocks });
      bytes.add(createHash("sha256").update(readFileSync(out)).digest("hex"));
      const groups = await given.engine.rows<{ rows: number }>(
        `SELECT DISTINCT row_group_id, row_group_num_rows AS rows FROM parquet_metadata('${out}') ORDER BY row_group_id`,
      );
      expect(groups.map(({ rows }) => rows)).toEqual([122_880, 2120]);
    }
    expect(bytes.size).toBe(1);
  });

  test("are read by another reader", async () => {
    const out = join(given.newFolder(), "x.parquet");
    await write(given.engine, { out, blocks: [1000, 3, 1997] });
    const found = await parquetReadObjects({
      file: await asyncBufferFromFile(out),
      compressors: { ZSTD: (bytes: Uint8Array) => decompress(bytes) },
    });
    const expected = await given.engine.rows("SELECT * EXCLUDE (n) FROM training WHERE n < 3000 ORDER BY n");
    expect(found).toEqual(expected);
  });
});

describe("a partitioned frame", { timeout: 20_000 }, () => {
  const partitionBy = ["region", "year"];
  const blocks = [1400, 50, 2750];
  const hive = (out: string, frame = "train") =>
    `read_parquet('${out}/${frame}/**/*.parquet', hive_types = {'region': VARCHAR, 'year': INTEGER}, filename = true)`;

  test("has one file per partition, whose rows keep their order, and reads back equal", async () => {
    const out = join(given.newFolder(), "frames");
    const files = await write(given.engine, { out, partitionBy, blocks });
    const order = "ORDER BY unique_id, ds";
    expect(await differing(given.engine, `(FROM ${hive(out)} ${order})`, 4200)).toBe(0);
    const unordered = await given.engine.count(`
      SELECT count(*) FROM (
        SELECT (unique_id, ds) < lag((unique_id, ds)) OVER (PARTITION BY filename ORDER BY file_row_number) AS back
        FROM read_parquet('${out}/train/**/*.parquet', filename = true, file_row_number = true)
      ) WHERE back
    `);
    expect(unordered).toBe(0);
    const training = files.filter(({ frame }) => frame === "training").map(({ path }) => path);
    expect(training).toContain("train/region=Nord%2FOst/year=2023/data_0.parquet");
    expect(training).toContain("train/region=%4EULL/year=2024/data_0.parquet");
    expect(training).toContain("train/region=__HIVE_DEFAULT_PARTITION__/year=2025/data_0.parquet");
    expect(training).toContain("train/region=/year=2025/data_0.parquet");
    // 6 regions and NULL; each of them in the years it has.
    const distinct = await given.engine.count(
      "SELECT count(*) FROM (SELECT DISTINCT region, year FROM training)",
    );
    expect(training.length).toBe(distinct);
    expect(Object.keys(hashes(out)).length).toBe(files.length + 1);
    expect(await given.engine.count(`SELECT count(*) FROM ${hive(out, "future")}`)).toBe(100);
  });

  test("names its folders as DuckDB does, except for texts that would be read back as NULL", async () => {
    const [out, direct] = [join(given.newFolder(), "frames"), join(given.newFolder(), "direct")];
    await write(given.engine, { out, partitionBy: ["region"], blocks: [4200] });
    await given.engine.run(`COPY training TO '${direct}' (FORMAT parquet, PARTITION_BY (region))`);
    const ours = readdirSync(join(out, "train")).map((name) => name.replace("=%4EULL", "=NULL"));
    expect(ours.sort()).toEqual(readdirSync(direct).sort());
  });

  test("can be CSV, with one header in each file", async () => {
    const out = join(given.newFolder(), "frames");
    await write(given.engine, { out, format: "csv", partitionBy: ["year"], blocks });
    expect(Object.keys(hashes(out))).toEqual([
      "future/year=2023/data_0.csv",
      "manifest.json",
      "train/year=2023/data_0.csv",
      "train/year=2024/data_0.csv",
      "train/year=2025/data_0.csv",
    ]);
    const text = readFileSync(join(out, "train/year=2025/data_0.csv"), "utf8");
    expect(text.match(/unique_id/g)?.length).toBe(1);
  });

  test("with too many partitions, or with values too long for the name of a folder, is refused", async () => {
    const columns = trainingColumns.filter(({ name }) => ["unique_id", "ds", "region"].includes(name));
    const open = (out: string) =>
      openOutput(given.engine, { out, partitionBy: ["region"], training: columns, future: columns });
    const rows = (region: string) =>
      `SELECT 'S' AS unique_id, TIMESTAMP '2024-01-01' AS ds, ${region} AS region FROM range(10001)`;
    const place = given.newFolder();
    const output = await open(join(place, "frames"));
    await expect(output.append("training", rows("repeat('ü', 43)"))).rejects.toMatchObject({
      code: "FRAME_PARTITION_INVALID",
    });
    await expect(output.append("training", rows("range::VARCHAR"))).rejects.toThrow(
      /more than 10000 folders/,
    );
    await output.discard();
    expect(readdirSync(place)).toEqual([]);
  });
});
