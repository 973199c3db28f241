import { open, rm } from "node:fs/promises";
import type { FileMetaData } from "hyparquet";
import { parquetMetadata } from "hyparquet/src/metadata.js";
import { ByteWriter } from "hyparquet-writer/src/bytewriter.js";
import { writeMetadata } from "hyparquet-writer/src/metadata.js";
import { quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { type FileMetadata, type FrameFile, noRows, type OutputColumn } from "./frame-file.ts";
import { bytesOf, growingFile } from "./growing-file.ts";

/** As DuckDB has it. */
const rowsOfGroup = 122_880;

/**
 * A Parquet file made of the row groups that DuckDB writes for each query. Their bytes are concatenated as they are, and the
 * file ends with one footer that has their new offsets; see docs/adr/0019. All row groups but the last have the same number of rows,
 * so that the bytes do not depend on the queries that the rows come in: what does not fill one waits in a file next to it. There are
 * no bloom filters, because with them DuckDB 1.5 does not find -0 when it looks for 0.
 *
 * @param options.part a path for the row groups that DuckDB writes before they are appended
 */
export function parquetFile(
  engine: Engine,
  path: string,
  { columns, metadata, part }: ParquetOptions,
): FrameFile {
  const file = growingFile(path);
  const parts: Part[] = [];
  let rows = 0;
  let waiting = 0;
  let rests = 0;
  const restOf = (number: number) => `${path}.rest-${number}`;
  const writeRest = (sql: string) =>
    engine.run(
      `COPY (${sql}) TO ${quoteLiteral(restOf(++rests))} (FORMAT parquet, WRITE_BLOOM_FILTER false)`,
    );
  const writeGroups = async (sql: string, size = rowsOfGroup) => {
    await engine.run(`
      COPY (${sql}) TO ${quoteLiteral(part)}
      (
        FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${size}, WRITE_BLOOM_FILTER false
        ${keyValues(metadata)}
      )
    `);
    const { footer, start } = await readFooter(part);
    // Only the first part keeps the four bytes that a Parquet file begins with.
    const from = parts.length === 0 ? 0 : magic.length;
    parts.push({ footer, moved: BigInt(file.bytes - from) });
    await file.append(bytesOf(part, from, start));
    await rm(part);
  };
  const append = async (sql: string) => {
    const added = await engine.count(`SELECT count(*) FROM (${sql})`);
    if (added === 0) return 0;
    rows += added;
    let from = 0;
    if (waiting > 0) {
      // A row group of its own: over several, DuckDB puts their boundaries elsewhere if the rows come from two sources.
      from = Math.min(added, rowsOfGroup - waiting);
      const rest = restOf(rests);
      const first = `
        SELECT * FROM read_parquet(${quoteLiteral(rest)}, hive_partitioning = false)
        UNION ALL
        SELECT * FROM (SELECT * FROM (${sql}) LIMIT ${from})`;
      if (waiting + from === rowsOfGroup) {
        await writeGroups(first, 2 * rowsOfGroup);
        waiting = 0;
      } else {
        await writeRest(first);
        waiting += from;
      }
      await rm(rest);
    }
    const left = added - from;
    const complete = left - (left % rowsOfGroup);
    if (complete > 0) await writeGroups(`SELECT * FROM (${sql}) LIMIT ${complete} OFFSET ${from}`);
    if (left > complete) {
      await writeRest(`SELECT * FROM (${sql}) OFFSET ${from + complete}`);
      waiting = left - complete;
    }
    return added;
  };
  return {
    append,
    finish: async () => {
      if (waiting > 0) {
        const rest = restOf(rests);
        await writeGroups(
          `SELECT * FROM read_parquet(${quoteLiteral(rest)}, hive_partitioning = false)`,
          2 * rowsOfGroup,
        );
        await rm(rest);
      } else if (parts.length === 0) await writeGroups(noRows(columns));
      await file.append([footerOf(parts)]);
      return { rows, ...(await file.finish()) };
    },
  };
}

interface ParquetOptions {
  readonly columns: readonly OutputColumn[];
  readonly metadata: FileMetadata;
  readonly part: string;
}

/** Every part has them, and the footer of the file those of the first part. */
function keyValues(metadata: FileMetadata): string {
  const pairs = Object.entries(metadata).map(
    ([key, value]) => `${quoteLiteral(key)}: ${quoteLiteral(value)}`,
  );
  return pairs.length === 0 ? "" : `, KV_METADATA {${pairs.join(", ")}}`;
}

/** What DuckDB wrote for one query: its own footer, and by how much its bytes have moved. */
interface Part {
  readonly footer: Uint8Array;
  readonly moved: bigint;
}

const magic = Buffer.from("PAR1");
/** After the metadata follow its length in 4 bytes and the magic bytes. */
const tailBytes = 8;

/** The end of a Parquet file from the metadata on, and where it starts. */
async function readFooter(path: string): Promise<{ footer: Uint8Array; start: number }> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const tail = Buffer.alloc(tailBytes);
    await file.read(tail, 0, tailBytes, size - tailBytes);
    const footer = new Uint8Array(tail.readUInt32LE(0) + tailBytes);
    const start = size - footer.length;
    await file.read(footer, 0, footer.length, start);
    return { footer, start };
  } finally {
    await file.close();
  }
}

/** One footer for the row groups of all parts, in their order. */
function footerOf(parts: readonly Part[]): Uint8Array {
  const all = parts.map(({ footer, moved }) => rowGroupsMoved(metadataOf(footer), moved));
  const [first] = all;
  const row_groups = all.flatMap((metadata) => metadata.row_groups);
  // Without rows, DuckDB's own footer is right.
  if (first === undefined || row_groups.length === 0) return parts[0]?.footer ?? magic;
  const num_rows = all.reduce((sum, metadata) => sum + metadata.num_rows, 0n);
  const writer = new ByteWriter();
  writeMetadata(writer, { ...first, num_rows, row_groups }, Number.POSITIVE_INFINITY);
  writer.appendBytes(magic);
  return writer.getBytes();
}

/** The smallest and largest values stay the bytes that DuckDB wrote. */
function metadataOf(footer: Uint8Array): FileMetaData {
  return parquetMetadata(footer, {
    geoparquet: false,
    parsers: { stringFromBytes: (bytes: Uint8Array) => bytes, dateFromDays: (days: number) => days },
  });
}

function rowGroupsMoved(metadata: FileMetaData, by: bigint): FileMetaData {
  const moved = (offset: bigint | undefined) => (offset === undefined ? undefined : offset + by);
  const row_groups = metadata.row_groups.map((group) => ({
    ...group,
    file_offset: moved(group.file_offset),
    columns: group.columns.map((column) => ({
      ...column,
      offset_index_offset: moved(column.offset_index_offset),
      column_index_offset: moved(column.column_index_offset),
      meta_data: column.meta_data && {
        ...column.meta_data,
        data_page_offset: column.meta_data.data_page_offset + by,
        index_page_offset: moved(column.meta_data.index_page_offset),
        dictionary_page_offset: moved(column.meta_data.dictionary_page_offset),
        bloom_filter_offset: moved(column.meta_data.bloom_filter_offset),
      },
    })),
  }));
  return { ...metadata, row_groups } as FileMetaData;
}
