/** A file whose records are counted and can be read. */
export interface ScannedFile {
  readonly path: string;
  /** Size on disk. */
  readonly bytes: number;
  /** Of the bytes on disk, in hexadecimal digits. */
  readonly sha256: string;
  /** Records after the header, sound and faulty ones. */
  readonly records: number;
  /** Records rejected for their structure. */
  readonly faulty: number;
  /**
   * SQL of the sound records in the file's order, as text: the columns c0, c1, … of the source and, for a rejects file,
   * `own_file` and `own_record`. Its reader must check that it gives `records - faulty` rows.
   */
  readonly relation: string;
  /** Scans the file again, record by record. Set if only reading the file proves that the counts are right. */
  readonly rescan?: () => Promise<ScannedFile>;
}

/** What the scan of a file needs to know about the load. */
export interface ScanContext {
  /** The names of c0, c1, … in lower case: the columns of the first file. */
  readonly columns: readonly string[];
  /** The file's position among the files of the load. */
  readonly index: number;
  /** Records in the files before it. */
  readonly recordsBefore: number;
}
