import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { fail } from "../../errors.ts";
import { tables } from "../engine-tables.ts";
import type { LoadPlan } from "../load-plan.ts";
import { type ScannedFile, sourceColumn } from "./scan.ts";

/**
 * The tables that reading fills. `source`: records as text under `_seq`, their number over all files from 0; only those that
 * are asked for, because a load looks at most of them once and keeps typed values. `source_file` and `segment`: which
 * record of which file a number is. `broken`: what can be told of records of faulty structure. The view `input` is the source
 * as expressions see it.
 */
export async function createSourceTables(
  engine: Engine,
  plan: LoadPlan,
  columns: readonly string[],
): Promise<void> {
  const declared = columns.map((_, index) => `${sourceColumn(index)} VARCHAR`).join(", ");
  await engine.run(`
    CREATE TABLE ${tables.sourceRecord} (_seq BIGINT, ${declared}, own_file VARCHAR, own_record VARCHAR);
    CREATE TABLE ${tables.malformedRecord} (file BIGINT, record BIGINT, line VARCHAR, ${declared});
    CREATE TABLE ${tables.sourceFile} (file BIGINT, path VARCHAR, first_seq BIGINT);
    CREATE TABLE ${tables.sourceSegment} (file BIGINT, first_row BIGINT, record BIGINT)
  `);
  const asked = speaksOfPlaces(plan);
  await engine.run(`
    CREATE VIEW ${tables.input} AS
    SELECT _seq, ${asked ? "_file, _record," : ""} ${named(columns)}
    FROM ${tables.sourceRecord} ${asked ? `JOIN ${ownPlacesOf(`SELECT _seq FROM ${tables.sourceRecord}`)} AS place USING (_seq)` : ""}
  `);
}

/** Whether an expression asks where its row stands. */
export function speaksOfPlaces(plan: LoadPlan): boolean {
  const expressions = plan.columns.flatMap(({ expression, aggregate }) => [expression, aggregate]);
  const spoken = [plan.filter, ...expressions].join("\n");
  return /_(file|record|seq)\b/i.test(spoken);
}

/** The source's columns under their own names. */
const named = (columns: readonly string[]) =>
  columns.map((name, index) => `${sourceColumn(index)} AS ${quoteIdentifier(name)}`).join(", ");

/** SQL of the records of a file as expressions see them, in the file's order. */
export const recordsOf = (relation: string, columns: readonly string[]) =>
  `(SELECT ${named(columns)} FROM ${relation})`;

/** SQL of the records of a file with their numbers. */
export const numbered = (relation: string, firstSeq: number) =>
  `(SELECT ${firstSeq} - 1 + row_number() OVER () AS _seq, * FROM ${relation})`;

/** SQL of `_seq`, `file` (its position), `_file` and `_record` of the numbers that an SQL query of `_seq` gives. */
export const placesOf = (numbers: string) => `(
  SELECT numbered._seq, numbered.file, numbered.path AS _file,
    segment.record + numbered.position - segment.first_row AS _record
  FROM (
    SELECT wanted._seq, source_file.file, source_file.path, wanted._seq - source_file.first_seq AS position
    FROM (${numbers}) AS wanted
    ASOF JOIN ${tables.sourceFile} AS source_file ON wanted._seq >= source_file.first_seq
  ) AS numbered
  ASOF JOIN ${tables.sourceSegment} AS segment ON numbered.file = segment.file AND numbered.position >= segment.first_row
)`;

/**
 * SQL of the same for rows of `source`, where the rows of a rejects file are at the place their `_file` and `_record` name.
 */
export const ownPlacesOf = (numbers: string) => `(
  SELECT place._seq, place.file, coalesce(source.own_file, place._file) AS _file,
    coalesce(TRY_CAST(source.own_record AS BIGINT), place._record) AS _record
  FROM ${placesOf(numbers)} AS place JOIN ${tables.sourceRecord} AS source USING (_seq)
)`;

const hasSound = ({ records, faulty }: ScannedFile) => records > faulty;

/** The files of a load while their records are taken in: what is known of each, and where its numbers start. */
export class Sources {
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
    return this.#files.filter(hasSound).map(({ relation }) => recordsOf(relation, this.columns));
  }

  /** A relation without records. */
  get nothing(): string {
    return `(SELECT ${this.columns.map((_, index) => `'' AS ${sourceColumn(index)}`).join(", ")} WHERE false)`;
  }

  /** Records of faulty structure. */
  get faulty(): number {
    return this.#files.reduce((sum, { faulty }) => sum + faulty, 0);
  }

  /**
   * Reads all sound records, a statement a file. When DuckDB refuses a file, or reads another number of records than were
   * counted, the file is scanned more closely.
   *
   * @param insert the statement, from a file's relation and the number of its first record
   */
  async takeIn(insert: (relation: string, firstSeq: number) => string): Promise<void> {
    await this.#engine.run(`DELETE FROM ${tables.sourceFile}`);
    let firstSeq = 0;
    for (const [index, file] of this.#files.entries()) {
      const sql = (of: ScannedFile) => insert(of.relation, firstSeq);
      const failure = await this.#attempt(file, sql(file)).catch((error: unknown) => error);
      if (failure !== undefined) {
        if (file.rescan === undefined || isFailedCast(failure)) throw failure;
        await this.#engine.run(`DELETE FROM ${tables.sourceSegment} WHERE file = ${index}`);
        const closer = await file.rescan();
        this.#files[index] = closer;
        await this.#attempt(closer, sql(closer));
      }
      const { path, records, faulty } = this.#files[index] as ScannedFile;
      const first = records > faulty ? firstSeq : "NULL";
      await this.#engine.run(
        `INSERT INTO ${tables.sourceFile} VALUES (${index}, ${quoteLiteral(path)}, ${first})`,
      );
      firstSeq += records - faulty;
    }
  }

  /** Brings the records into `source` that are rejected and not in it yet. */
  async fetchRejected(): Promise<void> {
    await this.#engine.run(`
      CREATE TABLE ${tables.rejectedRow} AS
      SELECT DISTINCT _seq FROM ${tables.rejectReason} ANTI JOIN ${tables.sourceRecord} USING (_seq) WHERE _seq IS NOT NULL
    `);
    if ((await this.#engine.count(`SELECT count(*) FROM ${tables.rejectedRow}`)) > 0)
      await this.fetch(tables.rejectedRow);
    await this.#engine.run(`DROP TABLE ${tables.rejectedRow}`);
  }

  /** Brings the records into `source` whose numbers a table holds as `_seq`. */
  async fetch(wanted: string): Promise<void> {
    const only = `SEMI JOIN ${wanted} USING (_seq)`;
    let firstSeq = 0;
    for (const file of this.#files.filter(hasSound)) {
      await this.#engine.run(
        `INSERT INTO ${tables.sourceRecord} BY NAME SELECT * FROM ${numbered(file.relation, firstSeq)} ${only}`,
      );
      firstSeq += file.records - file.faulty;
    }
  }

  async #attempt({ path, records, faulty }: ScannedFile, insert: string): Promise<void> {
    const sound = records - faulty;
    if (sound === 0) return;
    await this.#engine.run("BEGIN");
    try {
      const inserted = await this.#engine.count(insert);
      if (inserted !== sound) {
        const reason = `${path} has ${sound} sound records and ${inserted} were read; it may have changed meanwhile`;
        throw fail("INTERNAL", { reason });
      }
      await this.#engine.run("COMMIT");
    } catch (error) {
      await this.#engine.run("ROLLBACK").catch(() => {});
      throw error;
    }
  }
}

/** What DuckDB's classes of errors say of a value a function cannot take; CSV that cannot be read is Invalid Input too. */
function isFailedCast(error: unknown): boolean {
  return error instanceof Error && /^(Conversion|Out of Range) Error/.test(error.message);
}
