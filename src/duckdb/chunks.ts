import type { DuckDBConnection } from "@duckdb/node-api";

/** Some rows (at most 2048) as DuckDB holds them, column by column. Valid until the next chunk is requested. */
export interface Chunk {
  readonly rows: number;
  readonly columns: readonly ChunkColumn[];
}

export interface ChunkColumn {
  /**
   * Little-endian values one after the other; those of NULLs are undefined.
   *
   * @param width bytes of a value: 8 for DOUBLE and TIMESTAMP (microseconds since 1970-01-01), 4 for INTEGER, 1 for BOOLEAN
   */
  values(width: 1 | 4 | 8): Uint8Array;
  /** The values of a VARCHAR in UTF-8. Must not be called for a NULL, which may have an invalid pointer in its place. */
  texts(): (row: number) => Uint8Array;
  /** One bit per row, lowest first, which is 1 for a value and 0 for NULL; undefined if there are no NULLs. */
  readonly validity: Uint8Array | undefined;
}

/**
 * Runs a query and yields its rows, in their order, as they become ready; only a few chunks are in memory at a time. Nothing
 * else may run on the connection until the last chunk is taken or the iteration ends.
 */
export async function* chunksOf(connection: DuckDBConnection, sql: string): AsyncGenerator<Chunk, void> {
  // The vectors of DuckDB's API make an object for every value; these are the functions that they call.
  const { default: duckdb } = await import("@duckdb/node-bindings");
  const result = await connection.stream(sql);
  const width = result.columnCount;
  for await (const chunk of result) {
    const rows = chunk.rowCount;
    const columns = Array.from({ length: width }, (_, index) => {
      const vector = duckdb.data_chunk_get_vector(chunk.chunk, index);
      const texts = () => {
        const { buffer, byteOffset } = duckdb.vector_get_data(vector, rows * textBytes);
        const view = new DataView(buffer as ArrayBuffer, byteOffset, rows * textBytes);
        return (row: number) => {
          const at = row * textBytes;
          const length = view.getUint32(at, true);
          return length <= inlineBytes
            ? new Uint8Array(view.buffer, byteOffset + at + 4, length)
            : duckdb.get_data_from_pointer(view.buffer, byteOffset + at + 8, length);
        };
      };
      return {
        values: (bytes: number) => duckdb.vector_get_data(vector, rows * bytes),
        texts,
        // Whole words of 64 bits; null if DuckDB keeps none because every row has a value.
        validity: duckdb.vector_get_validity(vector, Math.ceil(rows / 64) * 8) ?? undefined,
      };
    });
    yield { rows, columns };
  }
}

/** A text is its length, followed by the text itself if it has up to 12 bytes, else by its first 4 bytes and a pointer. */
const textBytes = 16;
const inlineBytes = 12;

/** Whether a row has a value, by the validity of its column. */
export function isValid(validity: Uint8Array | undefined, row: number): boolean {
  return validity === undefined || (((validity[row >> 3] ?? 0) >> (row & 7)) & 1) === 1;
}
