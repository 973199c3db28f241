import { quoteIdentifier } from "../database/identifiers.ts";

/*
 * Every table, view and type that a load makes in DuckDB. A record is what a file holds, as text. A row is what a well-formed
 * record becomes; `_seq` is its number, counted over all files in their order from 0.
 *
 * The pipeline; `*` is a dimension or a month:
 *
 *   source/   files -> source_file, source_segment               which record of which file has which number
 *             files -> source_record -> input                    records as text, for expressions and for rejects
 *             files -> malformed_record                          records that cannot become rows
 *   rows/     warehouse -> dimension_*                           keys of the dimensions; of large ones, those of the rows
 *               -> natural_key_*, surrogate_key_*                to look up a text, and to replace it by its id
 *             files or input -> mapped_row -> typed_row          values with their types
 *             mapped_row -> referenced_key                       keys of the rows, if a dimension is large
 *               -> missing_key -> added_key_*                    with createMissing: keys that the dimensions lack
 *             typed_row -> collapse_member -> collapsed_group
 *               -> collapsed_row                                 with collapse: one row per grain
 *             typed_row or collapsed_row -> candidate_row        rows for the table, valid or not
 *               -> valid_candidate -> valid_row                  those that are valid
 *             valid_row -> duplicate_grain -> duplicate_member
 *               -> duplicate_row, summed_row                     rows of one grain, which then leave valid_row
 *             valid_row, stored_price_window -> price_window     windows that must not overlap
 *             valid_row -> accepted_row                          what is published
 *             accepted_row, added_key_* -> created_*             dimension rows that are published with it
 *             each step -> reject_reason -> reject               what is not, and why
 *   publish/  warehouse -> adopted_key_*                       keys that another session has added meanwhile
 *             warehouse -> stored_row_*
 *               -> changed_row_*                                 accepted rows of a month that are new or differ
 *             warehouse -> stored_month_*                        a month that is built again
 *
 * All of them are gone when the load ends; large ones are dropped as soon as nobody reads them any more.
 *
 * In names of columns, {input} is each column of the load under its name in files and mappings, {column} the same under its
 * name in the table, {source} each column of the source under its name, and {n} its position.
 */

/** The type and the meaning of a column, and when there is one if it is not always there. */
export type EngineColumn = readonly [type: string, meaning: string, when?: string];

export interface EngineTable {
  /** `{dimension}` is store, product or calendar; `{month}` is a month, such as `2024-02`, or `all` without partitions. */
  readonly name: string;
  readonly kind: "table" | "view" | "table or view" | "type";
  /** What one row is. */
  readonly grain: string;
  readonly columns: Readonly<Record<string, EngineColumn>>;
  readonly madeBy: string;
  readonly readBy: string;
  readonly droppedBy: string;
}

const seq: EngineColumn = ["BIGINT", "number of the row"];
const value: EngineColumn = [
  "of the column",
  "value; in place of a surrogate key, the natural key as its ENUM",
];
const text: EngineColumn = ["VARCHAR", "value as text; NULL if it is empty"];
const faultyText: EngineColumn = ["VARCHAR", "text of a value that is rejected, shortened; else NULL"];
const code: EngineColumn = ["VARCHAR", "code of what is wrong with the value; NULL if it is valid"];
const kept: EngineColumn = ["BOOLEAN", "whether the filter keeps the row; NULL if the filter fails for it"];
const naturalKey: EngineColumn = ["VARCHAR or DATE", "natural key"];
const surrogateKey: EngineColumn = ["INTEGER or DATE", "surrogate key; of a day, the day"];
const tableValue: EngineColumn = ["of the column", "value as the table has it"];
const endOfLoad = "the end of the load";

export const engineTables = {
  // source/

  sourceFile: {
    name: "source_file",
    kind: "table",
    grain: "one row per file",
    columns: {
      file: ["BIGINT", "position among the files of the load, from 0"],
      path: ["VARCHAR", "as the user named it"],
      first_seq: ["BIGINT", "number of its first row; NULL if it has none"],
    },
    madeBy: "source/source-tables.ts: createSourceTables; source/intake.ts: Intake",
    readBy: "source/record-places.ts: placesOf; rows/rejects.ts",
    droppedBy: endOfLoad,
  },
  sourceSegment: {
    name: "source_segment",
    kind: "table",
    grain: "one row per run of well-formed records without a malformed one in between",
    columns: {
      file: ["BIGINT", "position of the file"],
      first_row: [
        "BIGINT",
        "position of the first of these records among the well-formed ones of the file, from 0",
      ],
      record: ["BIGINT", "number of that record in the file, from 1"],
    },
    madeBy:
      "source/source-tables.ts: createSourceTables; source/scan-log.ts: recordWholeFile, withScanLog; source/intake.ts: Intake",
    readBy: "source/record-places.ts: placesOf",
    droppedBy: endOfLoad,
  },
  sourceRecord: {
    name: "source_record",
    kind: "table",
    grain:
      "one row per well-formed record that is read as a whole: all if an expression needs it, else those of invalid rows",
    columns: {
      _seq: seq,
      "c{n}": ["VARCHAR", "column of the source as text; NULL if it is empty"],
      own_file: ["VARCHAR", "of a record of a rejects file, the file it came from first"],
      own_record: ["VARCHAR", "of a record of a rejects file, its number in that file"],
    },
    madeBy: "source/source-tables.ts: createSourceTables; source/intake.ts: Intake; rows/typed-rows.ts",
    readBy: "source/intake.ts; source/record-places.ts: ownPlacesOf; rows/rejects.ts",
    droppedBy: endOfLoad,
  },
  input: {
    name: "input",
    kind: "view",
    grain: "one row per source_record, as the expressions of a mapping see it",
    columns: {
      _seq: seq,
      _file: ["VARCHAR", "path of the file, as the user named it", "an expression reads a place"],
      _record: ["BIGINT", "number of the record in the file, from 1", "an expression reads a place"],
      "{source}": ["VARCHAR", "column of the source under its own name"],
    },
    madeBy: "source/source-tables.ts: createSourceTables",
    readBy:
      "rows/expressions.ts; rows/expression-refusals.ts; rows/mapped-rows.ts; rows/typed-rows.ts; rows/collapse.ts",
    droppedBy: endOfLoad,
  },
  malformedRecord: {
    name: "malformed_record",
    kind: "table",
    grain: "one row per record that is rejected because of its structure",
    columns: {
      file: ["BIGINT", "position of the file"],
      record: ["BIGINT", "number of the record in the file, from 1"],
      line: ["VARCHAR", "the record as it is in the file, shortened"],
      "c{n}": ["VARCHAR", "its fields before the first that cannot be read"],
    },
    madeBy: "source/source-tables.ts: createSourceTables; source/scan-log.ts: withScanLog",
    readBy: "rows/rejects.ts",
    droppedBy: endOfLoad,
  },

  // rejects

  rejectReason: {
    name: "reject_reason",
    kind: "table",
    grain: "one row per rejected row or record and reason",
    columns: {
      _seq: ["BIGINT", "number of the row; NULL for a malformed record"],
      file: ["BIGINT", "position of the file of a malformed record; else NULL"],
      record: ["BIGINT", "number of a malformed record in its file; else NULL"],
      position: [
        "BIGINT",
        "order of the reasons of a row: 0 the row as a whole, then its columns, then the CHECKs",
      ],
      column: [
        "VARCHAR",
        "column or columns under their names in files and mappings; empty for the row as a whole",
      ],
      code: ["VARCHAR", "code of the reason"],
      value: ["VARCHAR", "offending value as text, shortened"],
      message: ["VARCHAR", "what is wrong with it, to be read on from the value"],
    },
    madeBy: "rows/rejects.ts: createRejectReasons",
    readBy:
      "every step that rejects rows adds to it and leaves out the rows in it: source/scan-log.ts, source/intake.ts, rows/typed-rows.ts, rows/column-checks.ts, rows/near-keys.ts, rows/check-constraints.ts, rows/collapse.ts, rows/duplicates.ts, rows/duplicate-sums.ts, rows/price-windows.ts, rows/validate-rows.ts, rows/rejects.ts",
    droppedBy: endOfLoad,
  },
  rejectedRow: {
    name: "rejected_row",
    kind: "table",
    grain: "one row per rejected row that is not a source_record yet",
    columns: { _seq: seq },
    madeBy: "source/intake.ts: Intake",
    readBy: "source/intake.ts: Intake",
    droppedBy: "source/intake.ts: Intake",
  },
  reject: {
    name: "reject",
    kind: "view",
    grain: "one row per reject_reason, with its place, in the order of files, records and columns",
    columns: {
      file: ["VARCHAR", "path of the file, as the user named it"],
      record: ["BIGINT", "number of the record in the file, from 1"],
      column: ["VARCHAR", "column or columns; empty for the row as a whole"],
      code: ["VARCHAR", "code of the reason"],
      value: ["VARCHAR", "offending value; empty if there is none"],
      message: ["VARCHAR", "what is wrong with it"],
    },
    madeBy: "rows/rejects.ts: summarizeRejects",
    readBy: "rows/rejects.ts: summarizeRejects",
    droppedBy: endOfLoad,
  },

  // rows/: keys of dimensions

  dimension: {
    name: "dimension_{dimension}",
    kind: "table",
    grain:
      "one row per row of the dimension, or of a large one per row that the load refers to; and per key that the load adds",
    columns: { key: naturalKey, id: surrogateKey },
    madeBy: "rows/dimension-keys.ts: DimensionKeys",
    readBy:
      "rows/dimension-keys.ts: createKeyTypes; rows/missing-keys.ts: addMissingKeys; rows/near-keys.ts: explainNearKeys",
    droppedBy: endOfLoad,
  },
  naturalKey: {
    name: "natural_key_{dimension}",
    kind: "type",
    grain: "an ENUM with a value per natural key of dimension_{dimension}; a text is looked up by casting it",
    columns: {},
    madeBy: "rows/dimension-keys.ts: createKeyTypes",
    readBy: "rows/column-rules.ts: castToKey",
    droppedBy: "rows/dimension-keys.ts: createKeyTypes; made again when keys were added",
  },
  surrogateKey: {
    name: "surrogate_key_{dimension}",
    kind: "table",
    grain: "one row per natural key of a store or product",
    columns: { key: ["ENUM", "natural key as natural_key_{dimension}"], id: ["INTEGER", "surrogate key"] },
    madeBy: "rows/dimension-keys.ts: createKeyTypes",
    readBy: "rows/dimension-keys.ts: surrogateKeyRows; publish/add-dimension-rows.ts: adoptRows",
    droppedBy: "rows/dimension-keys.ts: createKeyTypes; made again when keys were added",
  },
  storedPriceWindow: {
    name: "stored_price_window",
    kind: "table",
    grain: "one row per row of price_history, or if it is large per row of a product of the load",
    columns: {
      product_id: ["INTEGER", "product"],
      store_id: ["INTEGER", "store; NULL for the whole chain"],
      valid_from: ["DATE", "first day"],
      valid_to: ["DATE", "last day; NULL if it is open"],
    },
    madeBy: "rows/dimension-keys.ts: DimensionKeys",
    readBy: "rows/price-windows.ts",
    droppedBy: endOfLoad,
  },

  referencedKey: {
    name: "referenced_key",
    kind: "table",
    grain: "one row per file, or one for all",
    columns: {
      "{input}": ["VARCHAR[]", "distinct texts of a column that refers to a dimension"],
      _records: ["BIGINT", "how many records were read for it"],
    },
    madeBy: "rows/typed-rows.ts: collectReferencedKeys",
    readBy: "rows/dimension-keys.ts: referencedKeys",
    droppedBy: "rows/typed-rows.ts",
  },

  // rows/: keys that dimensions lack, with createMissing

  missingKey: {
    name: "missing_key",
    kind: "table",
    grain:
      "one row per key that rows refer to, one dimension lacks and could hold, and that is unlike its other keys",
    columns: { number: ["BIGINT", "position in the order of the keys, from 1"], key: naturalKey },
    madeBy: "rows/missing-keys.ts: addMissingKeys",
    readBy: "rows/missing-keys.ts: addMissingKeys",
    droppedBy: "rows/missing-keys.ts: addMissingKeys",
  },
  reservedId: {
    name: "reserved_id",
    kind: "table",
    grain: "one row per surrogate key that the warehouse's sequence gave for a missing_key",
    columns: { id: ["INTEGER", "surrogate key"] },
    madeBy: "rows/missing-keys.ts: addMissingKeys",
    readBy: "rows/missing-keys.ts: addMissingKeys",
    droppedBy: "rows/missing-keys.ts: addMissingKeys",
  },
  addedKey: {
    name: "added_key_{dimension}",
    kind: "table",
    grain: "one row per key that was added to dimension_{dimension}",
    columns: {
      key: naturalKey,
      id: ["INTEGER or DATE", "surrogate key; negative in a dry run; of a day, the day"],
    },
    madeBy: "rows/missing-keys.ts: createAddedKeys",
    readBy: "rows/missing-keys.ts",
    droppedBy: endOfLoad,
  },
  createdRow: {
    name: "created_{dimension}",
    kind: "table",
    grain: "one row per row that the load adds to the dimension: an added_key that an accepted_row refers to",
    columns: { key: naturalKey, id: ["INTEGER", "surrogate key", "the dimension is store or product"] },
    madeBy: "rows/missing-keys.ts: createDimensionRows",
    readBy: "publish/add-dimension-rows.ts",
    droppedBy: endOfLoad,
  },

  // rows/: values with types

  mappedRow: {
    name: "mapped_row",
    kind: "table",
    grain:
      "one row per source_record that the filter keeps or fails for; made only for window functions, else part of a query",
    columns: {
      _seq: seq,
      "~kept": kept,
      "{input}?": text,
      "{input}~": [
        "BOOLEAN",
        "the expression fails for the row, and the text is what it read",
        "expressions are tried row by row",
      ],
    },
    madeBy: "rows/typed-rows.ts: typeAllRows",
    readBy: "rows/typed-rows.ts",
    droppedBy: "rows/typed-rows.ts",
  },
  typedRowBase: {
    name: "typed_row_base",
    kind: "table",
    grain: "one row per well-formed record, in their order",
    columns: {
      _seq: ["BIGINT", "number of the row", "rows come from input; else DuckDB's rowid is the number"],
      "{input}": value,
      _valid: ["BOOLEAN", "whether nothing is wrong with the row; NULL if the filter leaves it out"],
    },
    madeBy: "rows/typed-rows.ts: typeAllRows",
    readBy: "rows/typed-rows.ts",
    droppedBy: "rows/typed-rows.ts, to make it again; rows/collapse.ts; rows/validate-rows.ts",
  },
  typedRow: {
    name: "typed_row",
    kind: "view",
    grain: "one row per typed_row_base, with its number",
    columns: {
      _seq: seq,
      "{input}": value,
      _valid: ["BOOLEAN", "whether nothing is wrong with the row; NULL if the filter leaves it out"],
    },
    madeBy: "rows/typed-rows.ts: typeAllRows",
    readBy: "rows/typed-rows.ts; rows/collapse.ts; rows/validate-rows.ts",
    droppedBy: "rows/typed-rows.ts, to make it again; rows/collapse.ts; else at the end of the load",
  },
  invalidRow: {
    name: "invalid_row",
    kind: "table",
    grain: "one row per typed_row that is not valid",
    columns: { _seq: seq },
    madeBy: "rows/typed-rows.ts: rejectInvalidRows",
    readBy: "rows/typed-rows.ts: rejectInvalidRows",
    droppedBy: "rows/typed-rows.ts: rejectInvalidRows",
  },
  revalidatedRow: {
    name: "revalidated_row",
    kind: "table",
    grain: "one row per invalid_row, validated again for all that is wrong with it",
    columns: { _seq: seq, "~kept": kept, "{input}": value, "{input}!": code, "{input}?": faultyText },
    madeBy: "rows/typed-rows.ts: rejectInvalidRows",
    readBy: "rows/typed-rows.ts: rejectInvalidRows",
    droppedBy: "rows/typed-rows.ts: rejectInvalidRows",
  },

  // rows/: collapse of a mapping

  collapseMember: {
    name: "collapse_member",
    kind: "view",
    grain: "one row per typed_row that is valid and not rejected",
    columns: {
      _seq: seq,
      "{input}": ["of the column", "value, natural keys as text"],
      _valid: ["BOOLEAN", "true"],
      _file: ["VARCHAR", "path of the file", "an aggregate reads a place"],
      _record: ["BIGINT", "number of the record in the file", "an aggregate reads a place"],
    },
    madeBy: "rows/collapse.ts: createCollapseMembers",
    readBy: "rows/collapse.ts",
    droppedBy: "rows/collapse.ts: collapse",
  },
  collapsedGroup: {
    name: "collapsed_group",
    kind: "table",
    grain: "one row per group of collapse_members that agree in all columns without an aggregate",
    columns: {
      _seq: ["BIGINT", "number of its first row"],
      "{input}": ["of the column", "value of a column without an aggregate"],
      "{input}?": ["VARCHAR", "aggregate as text"],
    },
    madeBy: "rows/collapse.ts: aggregateGroups",
    readBy: "rows/collapse.ts: collapse",
    droppedBy: "rows/collapse.ts: collapse",
  },
  collapsedRow: {
    name: "collapsed_row",
    kind: "table",
    grain: "one row per collapsed_group, its aggregates validated as values of their columns",
    columns: {
      _seq: seq,
      "{input}": ["of the column", "value, natural keys as text"],
      "{input}!": code,
      "{input}?": faultyText,
    },
    madeBy: "rows/collapse.ts: collapse",
    readBy: "rows/collapse.ts: collapse",
    droppedBy: "rows/validate-rows.ts: createAcceptedRows",
  },

  // rows/: rows of one grain

  candidateRow: {
    name: "candidate_row",
    kind: "view",
    grain: "one row per row for the table, valid or not: of typed_row, or of collapsed_row after a collapse",
    columns: {
      _seq: seq,
      "{input}": value,
      _valid: ["BOOLEAN", "whether nothing was wrong with its values"],
    },
    madeBy: "rows/validate-rows.ts: createCandidates; rows/collapse.ts: collapse",
    readBy: "rows/validate-rows.ts",
    droppedBy: "rows/validate-rows.ts: createAcceptedRows",
  },
  duplicateRow: {
    name: "duplicate_row",
    kind: "table",
    grain: "one row per row that another row of its grain, or their sum, takes the place of",
    columns: { _seq: seq },
    madeBy: "rows/validate-rows.ts: createValidRows",
    readBy: "rows/duplicates.ts; rows/duplicate-sums.ts; rows/validate-rows.ts",
    droppedBy: endOfLoad,
  },
  validCandidate: {
    name: "valid_candidate",
    kind: "view",
    grain: "one row per candidate_row that is valid, not rejected and no duplicate_row",
    columns: { _seq: seq, "{input}": value },
    madeBy: "rows/validate-rows.ts: createValidRows",
    readBy: "rows/validate-rows.ts; rows/duplicate-sums.ts",
    droppedBy: "rows/validate-rows.ts: createAcceptedRows",
  },
  validRow: {
    name: "valid_row",
    kind: "view",
    grain: "one row per valid_candidate, and under the policy sum one per valid sum of duplicates",
    columns: { _seq: seq, "{input}": value },
    madeBy: "rows/validate-rows.ts: createValidRows; rows/duplicate-sums.ts: sumDuplicates",
    readBy: "rows/duplicates.ts; rows/price-windows.ts; rows/validate-rows.ts",
    droppedBy: "rows/validate-rows.ts: createAcceptedRows",
  },
  duplicateGrain: {
    name: "duplicate_grain",
    kind: "table",
    grain: "one row per grain that more than one valid_row has",
    columns: { "{input}": ["of the column", "column of the grain"] },
    madeBy: "rows/duplicates.ts: createDuplicateGrains",
    readBy: "rows/duplicates.ts",
    droppedBy: "rows/duplicates.ts: resolveDuplicates",
  },
  duplicateMember: {
    name: "duplicate_member",
    kind: "table",
    grain: "one row per valid_row of a duplicate_grain",
    columns: {
      _seq: seq,
      "{input}": value,
      first_equal: ["BIGINT", "number of the first row that equals it in every column"],
      first_of_grain: ["BIGINT", "number of the first row of its grain"],
      last_of_grain: ["BIGINT", "number of the last row of its grain"],
      first_different: [
        "BIGINT",
        "number of the first row of its grain that differs from first_of_grain; NULL if all are equal",
      ],
    },
    madeBy: "rows/duplicates.ts: createDuplicateMembers",
    readBy: "rows/duplicates.ts; rows/duplicate-sums.ts",
    droppedBy: "rows/duplicates.ts: resolveDuplicates",
  },
  summedRow: {
    name: "summed_row",
    kind: "table",
    grain: "one row per duplicate_member, with the sum of the rows of its grain",
    columns: {
      _seq: seq,
      _first: ["BIGINT", "number of the first row of its grain, which the sum takes the place of"],
      "{input}": value,
      "{input}!": code,
      "{input}?": faultyText,
    },
    madeBy: "rows/duplicate-sums.ts: sumDuplicates",
    readBy: "rows/duplicate-sums.ts: sumDuplicates",
    droppedBy: "rows/validate-rows.ts: createAcceptedRows",
  },
  priceWindow: {
    name: "price_window",
    kind: "view",
    grain: "one row per valid_row of price_history",
    columns: {
      _seq: seq,
      product_id: ["INTEGER", "product"],
      scope: ["INTEGER", "store; 0 for the whole chain"],
      valid_from: ["DATE", "first day"],
      valid_to: ["DATE", "last day; infinity if it is open"],
      shown: ["VARCHAR", "keys and window as messages show them"],
    },
    madeBy: "rows/price-windows.ts: rejectOverlappingWindows",
    readBy: "rows/price-windows.ts: rejectOverlappingWindows",
    droppedBy: endOfLoad,
  },
  acceptedRow: {
    name: "accepted_row",
    kind: "table or view",
    grain: "one row per row to be published, no grain twice; a view of candidate_row if no row was left out",
    columns: { _seq: seq, "{column}": tableValue },
    madeBy: "rows/validate-rows.ts: createAcceptedRows",
    readBy:
      "load.ts; rows/missing-keys.ts; publish/accepted-rows.ts; publish/add-dimension-rows.ts; publish/month-states.ts; publish/compare-month.ts; publish/spool-month.ts; publish/publish.ts",
    droppedBy: endOfLoad,
  },

  // publish/

  adoptedKey: {
    name: "adopted_key_{dimension}",
    kind: "table",
    grain: "one row per created row of the dimension that another session has added meanwhile",
    columns: {
      reserved: ["INTEGER", "surrogate key that this load would have given it"],
      id: ["INTEGER", "surrogate key that it has"],
    },
    madeBy: "publish/add-dimension-rows.ts",
    readBy: "publish/add-dimension-rows.ts",
    droppedBy: "publish/add-dimension-rows.ts",
  },
  storedRow: {
    name: "stored_row_{month}",
    kind: "table",
    grain: "one row per row of the warehouse that accepted rows of the month are compared with",
    columns: { "{column}": tableValue },
    madeBy: "publish/compare-month.ts",
    readBy: "publish/compare-month.ts",
    droppedBy: "publish/compare-month.ts",
  },
  changedRow: {
    name: "changed_row_{month}",
    kind: "table",
    grain: "one row per accepted_row of the month that is new or differs from the stored one",
    columns: { "{column}": tableValue, _stored: ["BOOLEAN", "whether its grain is stored already"] },
    madeBy: "publish/compare-month.ts",
    readBy: "publish/compare-month.ts: changesTable; through it the merge",
    droppedBy: endOfLoad,
  },
  storedMonth: {
    name: "stored_month_{month}",
    kind: "table",
    grain: "one row per stored row of a month that is built again",
    columns: {
      "{column}": tableValue,
      id: ["VARCHAR", "surrogate key of the row"],
      created_at: ["VARCHAR", "as PostgreSQL writes it"],
      updated_at: ["VARCHAR", "as PostgreSQL writes it"],
    },
    madeBy: "publish/spool-month.ts",
    readBy: "publish/spool-month.ts",
    droppedBy: "publish/spool-month.ts",
  },
} as const satisfies Record<string, EngineTable>;

/** The type of a name: a text, or a function from the part in braces. */
type Name<Pattern extends string> = Pattern extends `${infer Start}{${string}}`
  ? (part: string) => `${Start}${string}`
  : Pattern;

/** The names of {@link engineTables} for SQL: `tables.validRow`, `tables.dimension("store")`. */
export const tables = Object.fromEntries(
  Object.entries(engineTables).map(([key, { name }]) => {
    const [start = "", end] = name.split("{");
    return [key, end === undefined ? name : (part: string) => `${start}${part}`];
  }),
) as { readonly [Key in keyof typeof engineTables]: Name<(typeof engineTables)[Key]["name"]> };

/* Columns, quoted, that go with a value on its way. */

/** Whether the filter keeps the row; NULL if the filter fails for it. */
export const keptByFilter = quoteIdentifier("~kept");
/** The value as text. */
export const textOf = (input: string) => quoteIdentifier(`${input}?`);
/** DuckDB's own cast of the text, NULL if there is none; within a query only. */
export const castOf = (input: string) => quoteIdentifier(`${input}^`);
/** Whether the expression fails for the row. */
export const failureOf = (input: string) => quoteIdentifier(`${input}~`);
/** The code of what is wrong with the value; NULL if it is valid. */
export const codeOf = (input: string) => quoteIdentifier(`${input}!`);
