import type { Engine } from "../../duckdb/engine.ts";
import { tables } from "../engine-tables.ts";
import { ownPlacesOf } from "./record-places.ts";
import { namedColumnList, sourceColumn } from "./source-columns.ts";

/**
 * Creates the tables that reading the files fills.
 *
 * - `source_record`: records as text, by `_seq`. Only those that are needed again: a load reads most records once and keeps their
 *   typed values.
 * - `source_file`: one row per file, with the `_seq` of its first sound record.
 * - `source_segment`: one row per run of sound records of a file. The sound record at position `first_row` (from 0) of the file is
 *   its record `record` (from 1, faulty ones included).
 * - `malformed_record`: records of faulty structure, with their fields as far as they can be read.
 * - `input`: a view of `source_record` as expressions see it.
 *
 * @param columns names of the source's columns
 * @param withPlaces whether `input` has `_file` and `_record`, which cost a join
 */
export async function createSourceTables(
  engine: Engine,
  columns: readonly string[],
  withPlaces: boolean,
): Promise<void> {
  const declared = columns.map((_, index) => `${sourceColumn(index)} VARCHAR`).join(", ");
  await engine.run(`
    CREATE TABLE ${tables.sourceRecord} (_seq BIGINT, ${declared}, own_file VARCHAR, own_record VARCHAR);
    CREATE TABLE ${tables.malformedRecord} (file BIGINT, record BIGINT, line VARCHAR, ${declared});
    CREATE TABLE ${tables.sourceFile} (file BIGINT, path VARCHAR, first_seq BIGINT);
    CREATE TABLE ${tables.sourceSegment} (file BIGINT, first_row BIGINT, record BIGINT)
  `);
  const places = withPlaces
    ? `JOIN ${ownPlacesOf(`SELECT _seq FROM ${tables.sourceRecord}`)} AS place USING (_seq)`
    : "";
  await engine.run(`
    CREATE VIEW ${tables.input} AS
    SELECT _seq, ${withPlaces ? "_file, _record," : ""} ${namedColumnList(columns)}
    FROM ${tables.sourceRecord} ${places}
  `);
}
