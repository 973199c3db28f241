import { chmod, copyFile, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { quoteLiteral } from "../database/identifiers.ts";
import type { RejectCode } from "../errors.ts";
import type { Engine } from "./engine.ts";
import { asFileFailure } from "./file-failures.ts";

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
  await engine.run(`
    CREATE VIEW reject AS
    WITH located AS (
      SELECT place._file AS file, place._record AS record, position, "column", code, value, message
      FROM fault JOIN place ON place._seq = fault.seq
      UNION ALL
      SELECT source_file.path, record, position, "column", code, value, message
      FROM fault JOIN source_file ON source_file.file = fault.file
    )
    SELECT located.file, record, "column", code, coalesce(value, '') AS value, message
    FROM located JOIN source_file ON source_file.path = located.file
    ORDER BY source_file.file, record, position
  `);
  const [totals] = await engine.rows<{ rows: number; faults: number }>(`
    SELECT count(DISTINCT seq) + count(*) FILTER (WHERE seq IS NULL) AS rows, count(*) AS faults FROM fault
  `);
  const codes = await engine.rows<{ code: RejectCode; faults: number }>(
    "SELECT code, count(*) AS faults FROM fault GROUP BY code ORDER BY faults DESC, code",
  );
  return {
    rows: totals?.rows ?? 0,
    faults: totals?.faults ?? 0,
    byCode: Object.fromEntries(codes.map(({ code, faults }) => [code, faults])),
    first: await engine.rows<Reject>(`SELECT * FROM reject LIMIT ${shown}`),
  };
}

/**
 * Writes every reject as CSV (file, record, column, code, value, message) for this user only. The file appears whole or
 * not at all.
 *
 * @throws FILE_NOT_PERMITTED, FILE_IS_DIRECTORY, FILE_UNWRITABLE
 */
export async function writeRejects(engine: Engine, path: string): Promise<void> {
  const spool = join(engine.folder, "rejects.csv");
  await engine.run(`COPY (SELECT * FROM reject) TO ${quoteLiteral(spool)} (FORMAT csv, HEADER true)`);
  const target = resolve(path);
  const beside = `${target}.${process.pid}.tmp`;
  try {
    await copyFile(spool, beside);
    await chmod(beside, 0o600);
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    throw asFileFailure(error, path, "written");
  }
}
