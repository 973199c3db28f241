import { tables } from "../engine-tables.ts";

/*
 * The sound records of all files of a load are numbered from 0: `_seq`. The place of a record is its file and its record
 * number in that file.
 */

/** SQL of the records of a file with their `_seq`. */
export const numbered = (relation: string, firstSeq: number): string =>
  `(SELECT ${firstSeq} - 1 + row_number() OVER () AS _seq, * FROM ${relation})`;

/** SQL of `_seq`, `file` (its position), `_file` (its path) and `_record` for each `_seq` of a query. */
export const placesOf = (numbers: string): string => `(
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
 * SQL of the same for rows of `source_record`, except that `_file` and `_record` of a row from a rejects file are those the rejects
 * file gives.
 */
export const ownPlacesOf = (numbers: string): string => `(
  SELECT place._seq, place.file, coalesce(source.own_file, place._file) AS _file,
    coalesce(TRY_CAST(source.own_record AS BIGINT), place._record) AS _record
  FROM ${placesOf(numbers)} AS place JOIN ${tables.sourceRecord} AS source USING (_seq)
)`;
