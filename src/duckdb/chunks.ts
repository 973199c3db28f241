import type { DuckDBConnection } from "@duckdb/node-api";

/** Some rows (at most 2048) as DuckDB holds them, column by column. Good until the next chunk is asked for. */
export interface Chunk {
  readonly rows: number;
  readonly columns: readonly ChunkColumn[];
}

export interface ChunkColumn {
  /**
   * Little-endian values one after the other; what stands in place of a NULL means nothing.
   *
   * @param width bytes of a value: 8 for DOUBLE, 4 for INTEGER and DATE (days since 1970-01-01), 1 for BOOLEAN
   */
  values(width: 1 | 4 | 8): Uint8Array;
  /** The values of a VARCHAR in UTF-8. Only of rows that have one: in place of a NULL there may be a pointer to nowhere. */
  texts(): (row: number) => Uint8Array;
  /** A bit a row, lowest first, 1 where there is a value; undefined where every row has one. */
  readonly validity: Uint8Array | undefined;
}

/**
 * Runs a query and hands its rows on, in their order, as they become ready: no more than a few chunks are held at a time.
 * Nothing else may run on the connection before the last chunk is taken, or the iteration given up.
 */
export async function* chunksOf(connection: DuckDBConnection, sql: string): AsyncGenerator<Chunk, void> {
  // DuckDB's own vectors make an object of every value; these are the functions beneath them.
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
        // Whole words of 64 bits; null where DuckDB keeps none because every row has a value.
        validity: duckdb.vector_get_validity(vector, Math.ceil(rows / 64) * 8) ?? undefined,
      };
    });
    yield { rows, columns };
  }
}

/** A text is its length and, up to 12 bytes, the text itself, else its first 4 bytes and a pointer. */
const textBytes = 16;
const inlineBytes = 12;
