import { join } from "node:path";
import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import type { RejectCode } from "../../errors.ts";
import { tables } from "../engine-tables.ts";
import { ownPlacesOf, placesOf } from "../source/record-places.ts";
import { sourceColumn } from "../source/source-columns.ts";

/** One reason why a row is not loaded. */
export interface Reject {
  /** Path of the file, as the user named it. */
  readonly file: string;
  /** Number of the record in the file: 1 = the first one after the header. */
  readonly record: number;
  /** The column as files and mappings name it; empty for the row as a whole. */
  readonly column: string;
  readonly code: RejectCode;
  readonly value: string;
  readonly message: string;
}

export interface Rejects {
  /** Rows that are not loaded. */
  readonly rows: number;
  /** Reasons by code; a row may have several. */
  readonly byCode: Readonly<Partial<Record<RejectCode, number>>>;
  /** The first reasons, by file, record and column. */
  readonly first: readonly Reject[];
}

export async function createRejectReasons(engine: Engine): Promise<void> {
  await engine.run(`
    CREATE TABLE ${tables.rejectReason} (
      _seq BIGINT, file BIGINT, record BIGINT, position BIGINT,
      "column" VARCHAR, code VARCHAR, value VARCHAR, message VARCHAR
    )
  `);
}

const rejectedNumbers = `SELECT DISTINCT _seq FROM ${tables.rejectReason} WHERE _seq IS NOT NULL`;

/** Counts the rejected rows and their reasons. @param shown how many reasons to return */
export async function summarizeRejects(engine: Engine, shown: number): Promise<Rejects> {
  const [totals] = await engine.rows<{ rows: number; reasons: number }>(`
    SELECT count(DISTINCT _seq) + count(*) FILTER (WHERE _seq IS NULL) AS rows, count(*) AS reasons
    FROM ${tables.rejectReason}
  `);
  const { rows = 0, reasons = 0 } = totals ?? {};
  if (reasons === 0) return { rows, byCode: {}, first: [] };
  await engine.run(`
    CREATE VIEW ${tables.reject} AS
    WITH located AS (
      SELECT place.file, place._record AS record, position, "column", code, value, message
      FROM ${tables.rejectReason} AS reason
      JOIN ${placesOf(rejectedNumbers)} AS place ON place._seq = reason._seq
      UNION ALL
      SELECT file, record, position, "column", code, value, message
      FROM ${tables.rejectReason}
      WHERE _seq IS NULL
    )
    SELECT source_file.path AS file, record, "column", code, coalesce(value, '') AS value, message
    FROM located
    JOIN ${tables.sourceFile} AS source_file ON source_file.file = located.file
    ORDER BY source_file.file, record, position
  `);
  const codes = await engine.rows<{ code: RejectCode; reasons: number }>(`
    SELECT code, count(*) AS reasons FROM ${tables.rejectReason} GROUP BY code ORDER BY reasons DESC, code
  `);
  return {
    rows,
    byCode: Object.fromEntries(codes.map(({ code, reasons }) => [code, reasons])),
    first: await engine.rows<Reject>(`SELECT * FROM ${tables.reject} LIMIT ${shown}`),
  };
}

/**
 * Writes the rejected rows as CSV to a file in the engine's folder: the source's columns as they were, then `_file`, `_record`,
 * `_codes` and `_why`, and `_line` for records that do not fit into the columns.
 *
 * @param columns the names of the source's columns
 * @returns the file's path
 */
export async function spoolRejects(engine: Engine, columns: readonly string[]): Promise<string> {
  const path = join(engine.folder, "rejects.csv");
  const rows = await rejectedRows(engine, columns);
  await engine.run(`COPY (${rows}) TO ${quoteLiteral(path)} (FORMAT csv, HEADER true)`);
  return path;
}

/** SQL of the rejected rows, each with all its reasons. */
async function rejectedRows(engine: Engine, columns: readonly string[]): Promise<string> {
  const own = columns.map((_, index) => sourceColumn(index));
  const named = columns.map((name, index) => `${sourceColumn(index)} AS ${quoteIdentifier(name)}`);
  const lines = await engine.count(`
    SELECT count(*)
    FROM ${tables.rejectReason} AS reason
    LEFT JOIN ${tables.malformedRecord} AS malformed
      ON malformed.file = reason.file AND malformed.record = reason.record
    WHERE reason._seq IS NULL AND (malformed.line IS NOT NULL OR malformed.file IS NULL)
  `);
  // `date "2024-02-30": not a date`; what is wrong with a record as a whole needs no value.
  const sentence = `
    concat_ws(': ', nullif(concat_ws(' ', nullif("column", ''),
      CASE WHEN _seq IS NOT NULL AND value <> '' THEN '"' || value || '"' END), ''), message)`;
  return `
    WITH sentence AS (
      SELECT _seq, file, record, position, code, ${sentence} AS sentence,
        row_number() OVER (PARTITION BY _seq, file, record, code ORDER BY position) = 1 AS first_of_code
      FROM ${tables.rejectReason}
    ), reasons AS (
      SELECT _seq, file, record,
        string_agg(code, ' ' ORDER BY position) FILTER (WHERE first_of_code) AS _codes,
        string_agg(sentence, '; ' ORDER BY position) AS _why
      FROM sentence
      GROUP BY ALL
    ), rejected AS (
      SELECT place.file AS position, place._record AS order_, ${own.map((name) => `source.${name}`).join(", ")},
        own._file, own._record, _codes, _why, NULL AS _line
      FROM reasons
      JOIN ${tables.sourceRecord} AS source ON source._seq = reasons._seq
      JOIN ${placesOf(rejectedNumbers)} AS place ON place._seq = reasons._seq
      JOIN ${ownPlacesOf(rejectedNumbers)} AS own ON own._seq = reasons._seq
      UNION ALL
      SELECT reasons.file, reasons.record, ${own.map((name) => `malformed.${name}`).join(", ")},
        source_file.path, reasons.record, _codes, _why,
        CASE WHEN malformed.file IS NULL THEN reason.value ELSE malformed.line END
      FROM reasons
      JOIN ${tables.rejectReason} AS reason
        ON reason._seq IS NULL AND reason.file = reasons.file AND reason.record = reasons.record
      JOIN ${tables.sourceFile} AS source_file ON source_file.file = reasons.file
      LEFT JOIN ${tables.malformedRecord} AS malformed
        ON malformed.file = reasons.file AND malformed.record = reasons.record
    )
    SELECT ${[...named, "_file", "_record", "_codes", "_why", ...(lines > 0 ? ["_line"] : [])].join(", ")}
    FROM rejected
    ORDER BY position, order_
  `;
}
