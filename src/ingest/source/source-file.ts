/** A file to load. */
export interface SourceFile {
  /** As the user named it, for messages. */
  readonly path: string;
  readonly absolute: string;
  /** Size on disk. */
  readonly bytes: number;
  readonly compression: Compression | undefined;
  /**
   * The first bytes, decompressed: 4 KiB, or the first line if that is longer and at most 1 MiB. Fewer if the file is shorter,
   * and none if it cannot be decompressed, which is reported when the file is read.
   */
  readonly head: Buffer;
  /** The keys of partitioned folders (`year=2024/`) in the path as the user named it. */
  readonly keys: ReadonlyMap<string, string>;
}

export type Compression = "gzip" | "zstd";
