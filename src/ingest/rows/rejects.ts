import { createReadStream } from "node:fs";
import { join, resolve } from "node:path";
import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import type { RejectCode } from "../../errors.ts";
import { replaceFile } from "../../system/atomic-write.ts";
import { asFileFailure } from "../../system/file-failures.ts";
import { ownPlacesOf, placesOf } from "../source/record-places.ts";
import { sourceColumn } from "../source/source-columns.ts";

/** One fault of a row that is not loaded. */
export interface Reject {
  readonly file: string;
  /** 1 = the first record behind the header. */
  readonly record: number;
  /** The column as files and mappings name it; empty where it is the whole row. */
  readonly column: string;
  readonly code: RejectCode;
  readonly value: string;
  readonly message: string;
}

export interface Rejects {
  /** Rows that are not loaded. */
  readonly rows: number;
  /** What is wrong with them; a row may have several faults. */
  readonly faults: number;
  readonly byCode: Readonly<Partial<Record<RejectCode, number>>>;
  /** The first few, by file, record and column. */
  readonly first: readonly Reject[];
}

/**
 * The table `fault`: `seq` is the row's number in the source; a record that is no row because of its structure has `file`
 * and `record` in its place.
 */
export async function createFaults(engine: Engine): Promise<void> {
  await engine.run(`
    CREATE TABLE fault (
      seq BIGINT, file BIGINT, record BIGINT, position BIGINT,
      "column" VARCHAR, code VARCHAR, value VARCHAR, message VARCHAR
    )
  `);
}

/** Sums up `fault` and makes it the view `reject` that people read. */
export async function summarizeRejects(engine: Engine, shown: number): Promise<Rejects> {
  const [totals] = await engine.rows<{ rows: number; faults: number }>(`
    SELECT count(DISTINCT seq) + count(*) FILTER (WHERE seq IS NULL) AS rows, count(*) AS faults FROM fault
  `);
  const { rows = 0, faults = 0 } = totals ?? {};
  if (faults === 0) return { rows, faults, byCode: {}, first: [] };
  await engine.run(`
    CREATE VIEW reject AS
    WITH located AS (
      SELECT place.file, place._record AS record, position, "column", code, value, message
      FROM fault JOIN ${placesOf("SELECT DISTINCT seq AS _seq FROM fault WHERE seq IS NOT NULL")} AS place ON place._seq = fault.seq
      UNION ALL
      SELECT file, record, position, "column", code, value, message FROM fault WHERE seq IS NULL
    )
    SELECT source_file.path AS file, record, "column", code, coalesce(value, '') AS value, message
    FROM located JOIN source_file ON source_file.file = located.file
    ORDER BY source_file.file, record, position
  `);
  const codes = await engine.rows<{ code: RejectCode; faults: number }>(
    "SELECT code, count(*) AS faults FROM fault GROUP BY code ORDER BY faults DESC, code",
  );
  return {
    rows,
    faults,
    byCode: Object.fromEntries(codes.map(({ code, faults }) => [code, faults])),
    first: await engine.rows<Reject>(`SELECT * FROM reject LIMIT ${shown}`),
  };
}

/**
 * Writes the rejected rows as CSV for this user only: the source's columns as they stood, then `_file`, `_record`, `_codes`
 * and `_why`, and `_line` where a record does not fit into the columns. The file appears whole or not at all.
 *
 * @param columns the names of the source's columns
 * @throws FILE_NOT_PERMITTED, FILE_IS_DIRECTORY, FILE_UNWRITABLE
 */
export async function writeRejects(engine: Engine, path: string, columns: readonly string[]): Promise<void> {
  const spool = join(engine.folder, "rejects.csv");
  await engine.run(
    `COPY (${await rejectedRows(engine, columns)}) TO ${quoteLiteral(spool)} (FORMAT csv, HEADER true)`,
  );
  const target = resolve(path);
  try {
    await replaceFile(target, createReadStream(spool), { mode: 0o600 });
  } catch (error) {
    throw asFileFailure(error, path, "written");
  }
}

/** SQL of the rejected rows, each with all its faults. */
async function rejectedRows(engine: Engine, columns: readonly string[]): Promise<string> {
  const own = columns.map((_, index) => sourceColumn(index));
  const named = columns.map((name, index) => `${sourceColumn(index)} AS ${quoteIdentifier(name)}`);
  const lines = await engine.count(`
    SELECT count(*) FROM fault LEFT JOIN broken ON broken.file = fault.file AND broken.record = fault.record
    WHERE fault.seq IS NULL AND (broken.line IS NOT NULL OR broken.file IS NULL)
  `);
  // `date "2024-02-30": not a date`; what is wrong with a record as such needs no value.
  const sentence = `
    concat_ws(': ', nullif(concat_ws(' ', nullif("column", ''),
      CASE WHEN seq IS NOT NULL AND value <> '' THEN '"' || value || '"' END), ''), message)`;
  return `
    WITH sentence AS (
      SELECT seq, file, record, position, code, ${sentence} AS sentence,
        row_number() OVER (PARTITION BY seq, file, record, code ORDER BY position) = 1 AS first_of_code
      FROM fault
    ), reason AS (
      SELECT seq, file, record,
        string_agg(code, ' ' ORDER BY position) FILTER (WHERE first_of_code) AS _codes,
        string_agg(sentence, '; ' ORDER BY position) AS _why
      FROM sentence
      GROUP BY ALL
    ), rejected AS (
      SELECT place.file AS position, place._record AS order_, ${own.map((name) => `source.${name}`).join(", ")},
        own._file, own._record, _codes, _why, NULL AS _line
      FROM reason
      JOIN source ON source._seq = reason.seq
      JOIN ${placesOf("SELECT DISTINCT seq AS _seq FROM fault WHERE seq IS NOT NULL")} AS place ON place._seq = reason.seq
      JOIN ${ownPlacesOf("SELECT DISTINCT seq AS _seq FROM fault WHERE seq IS NOT NULL")} AS own ON own._seq = reason.seq
      UNION ALL
      SELECT reason.file, reason.record, ${own.map((name) => `broken.${name}`).join(", ")},
        source_file.path, reason.record, _codes, _why, 
        CASE WHEN broken.file IS NULL THEN fault.value ELSE broken.line END
      FROM reason
      JOIN fault ON fault.seq IS NULL AND fault.file = reason.file AND fault.record = reason.record
      JOIN source_file ON source_file.file = reason.file
      LEFT JOIN broken ON broken.file = reason.file AND broken.record = reason.record
    )
    SELECT ${[...named, "_file", "_record", "_codes", "_why", ...(lines > 0 ? ["_line"] : [])].join(", ")}
    FROM rejected
    ORDER BY position, order_
  `;
}
