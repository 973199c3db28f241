import type { Engine } from "../../duckdb/engine.ts";
import { fail } from "../../errors.ts";
import { tables } from "../engine-tables.ts";
import { numbered } from "./record-places.ts";
import type { ScannedFile } from "./scanned-file.ts";
import { recordsOf, sourceColumn } from "./source-columns.ts";

/** Reads the sound records of the files of a load, and knows which `_seq` each file starts with. */
export class Intake {
  readonly columns: readonly string[];
  readonly #engine: Engine;
  readonly #files: ScannedFile[];

  constructor(engine: Engine, files: readonly ScannedFile[], columns: readonly string[]) {
    this.#engine = engine;
    this.#files = [...files];
    this.columns = columns;
  }

  /** SQL of the records of each file as expressions see them. */
  relations(): string[] {
    return this.#files
      .filter((file) => soundRecords(file) > 0)
      .map(({ relation }) => recordsOf(relation, this.columns));
  }

  /** SQL of a relation of the source's columns without records. */
  get emptyRelation(): string {
    return `(SELECT ${this.columns.map((_, index) => `'' AS ${sourceColumn(index)}`).join(", ")} WHERE false)`;
  }

  /** Number of records of faulty structure. */
  get faulty(): number {
    return this.#files.reduce((sum, { faulty }) => sum + faulty, 0);
  }

  /**
   * Inserts all sound records, one statement per file or per batch of small files, and fills `source_file`. If DuckDB fails on a
   * file, or reads another number of records than the scan counted, the file is scanned again record by record.
   *
   * @param insert the statement, from a relation and the `_seq` of its first record
   * @throws INTERNAL if the number of records still differs
   */
  async insertAll(insert: (relation: string, firstSeq: number) => string): Promise<void> {
    let firstSeq = 0;
    for (const batch of batchesOf(this.#files)) {
      const read = (relation: string, seq: number) => this.#engine.count(insert(relation, seq));
      if (!(await this.#insertTogether(batch, (relation) => read(relation, firstSeq)))) {
        let seq = firstSeq;
        for (const index of batch) {
          seq += soundRecords(await this.#read(index, ({ relation }) => read(relation, seq)));
        }
      }
      firstSeq += this.#recordsOf(batch);
    }
    await this.#recordFiles();
  }

  /** Inserts several files in their order with one statement. @returns false if they have to be read one by one */
  async #insertTogether(
    batch: readonly number[],
    read: (relation: string) => Promise<number>,
  ): Promise<boolean> {
    if (batch.length === 1) return false;
    const relations = batch.map((index) => `FROM ${(this.#files[index] as ScannedFile).relation}`);
    const files = { ...(this.#files[batch[0] as number] as ScannedFile), faulty: 0 };
    const together = {
      ...files,
      records: this.#recordsOf(batch),
      relation: `(${relations.join(" UNION ALL ")})`,
    };
    try {
      await this.#attempt(together, ({ relation }) => read(relation));
      return true;
    } catch (error) {
      if (this.#engine.signal?.aborted) throw error;
      return false;
    }
  }

  #recordsOf(batch: readonly number[]): number {
    return batch.reduce((sum, index) => sum + soundRecords(this.#files[index] as ScannedFile), 0);
  }

  /** Fills `source_file`. */
  async #recordFiles(): Promise<void> {
    await this.#engine.run(`DELETE FROM ${tables.sourceFile}`);
    const appender = await this.#engine.appender(tables.sourceFile);
    let firstSeq = 0;
    for (const [index, file] of this.#files.entries()) {
      appender.append(index, file.path, soundRecords(file) > 0 ? firstSeq : null);
      firstSeq += soundRecords(file);
    }
    appender.close();
  }

  /**
   * Inserts one row per file, as careful as {@link insertAll}.
   *
   * @param insert the statement, from a file's records as expressions see them; it returns how many records it read
   */
  async insertSummaries(insert: (records: string) => string): Promise<void> {
    for (const index of this.#files.keys()) {
      await this.#read(index, ({ relation }) =>
        this.#engine.count(insert(recordsOf(relation, this.columns))),
      );
    }
  }

  /** Inserts rejected records into `source_record` that it does not hold yet. */
  async fetchRejected(): Promise<void> {
    await this.#engine.run(`
      CREATE TABLE ${tables.rejectedRow} AS
      SELECT DISTINCT _seq
      FROM ${tables.rejectReason}
      ANTI JOIN ${tables.sourceRecord} USING (_seq)
      WHERE _seq IS NOT NULL
    `);
    const rejected = await this.#engine.count(`SELECT count(*) FROM ${tables.rejectedRow}`);
    if (rejected > 0) await this.fetch(tables.rejectedRow);
    await this.#engine.run(`DROP TABLE ${tables.rejectedRow}`);
  }

  /**
   * Inserts records into `source_record`.
   *
   * @param wanted a table with their `_seq`
   */
  async fetch(wanted: string): Promise<void> {
    let firstSeq = 0;
    for (const file of this.#files.filter((candidate) => soundRecords(candidate) > 0)) {
      await this.#engine.run(`
        INSERT INTO ${tables.sourceRecord} BY NAME
        SELECT * FROM ${numbered(file.relation, firstSeq)} SEMI JOIN ${wanted} USING (_seq)
      `);
      firstSeq += soundRecords(file);
    }
  }

  /** Reads a file; if that fails or gives another number of records than were counted, scans it again and reads it again. */
  async #read(index: number, read: (file: ScannedFile) => Promise<number>): Promise<ScannedFile> {
    const file = this.#files[index] as ScannedFile;
    const failure = await this.#attempt(file, read).catch((error: unknown) => error);
    if (failure === undefined) return file;
    if (file.rescan === undefined || isFailedCast(failure)) throw failure;
    await this.#engine.run(`DELETE FROM ${tables.sourceSegment} WHERE file = ${index}`);
    const rescanned = await file.rescan();
    this.#files[index] = rescanned;
    await this.#attempt(rescanned, read);
    return rescanned;
  }

  async #attempt(file: ScannedFile, read: (file: ScannedFile) => Promise<number>): Promise<void> {
    const expected = soundRecords(file);
    if (expected === 0) return;
    await this.#engine.run("BEGIN");
    try {
      const found = await read(file);
      if (found !== expected) {
        const reason = `${file.path} has ${expected} sound records and ${found} were read; it may have changed during the load`;
        throw fail("INTERNAL", { reason });
      }
      await this.#engine.run("COMMIT");
    } catch (error) {
      await this.#engine.run("ROLLBACK").catch(() => {});
      throw error;
    }
  }
}

/** Most time of a small file goes into planning the statement that reads it. */
const small = { bytes: 64 * 1024, files: 50 };

/** The positions of the files in their order, with small ones that follow each other together. */
function batchesOf(files: readonly ScannedFile[]): number[][] {
  const batches: number[][] = [];
  let open = false;
  for (const [index, file] of files.entries()) {
    // Without records there is nothing to read; a rejects file has more columns; and in a batch only the sum is compared.
    const joins =
      file.bytes <= small.bytes &&
      soundRecords(file) > 0 &&
      file.rescan === undefined &&
      !/ AS own_/.test(file.relation);
    const last = batches.at(-1);
    if (joins && open && last !== undefined && last.length < small.files) last.push(index);
    else batches.push([index]);
    open = joins;
  }
  return batches;
}

const soundRecords = ({ records, faulty }: ScannedFile) => records - faulty;

/** Whether a function of an expression failed for a value. (CSV that DuckDB cannot read is an Invalid Input Error.) */
function isFailedCast(error: unknown): boolean {
  return error instanceof Error && /^(Conversion|Out of Range) Error/.test(error.message);
}
