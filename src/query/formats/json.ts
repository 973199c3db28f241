import { jsonText } from "../../system/visible-text.ts";
import type { QueryColumn } from "../columns.ts";
import { jsonOf } from "../json-values.ts";
import { type QueryRows, requireDistinctNames } from "../query-rows.ts";

/** One array with one object per row. */
export async function* jsonPieces(rows: QueryRows): AsyncGenerator<string, void> {
  requireDistinctNames(rows.columns, "JSON");
  yield "[";
  yield* objects(rows, ",\n", "\n");
  yield rows.count() === 0 ? "]\n" : "\n]\n";
}

/** One object per line. */
export async function* ndjsonPieces(rows: QueryRows): AsyncGenerator<string, void> {
  requireDistinctNames(rows.columns, "JSON");
  yield* objects(rows, "\n", "");
  if (rows.count() > 0) yield "\n";
}

/** One object with the columns, the rows and their number. */
export async function* jsonDocumentPieces(rows: QueryRows): AsyncGenerator<string, void> {
  requireDistinctNames(rows.columns, "JSON");
  const columns = rows.columns.map(({ name, type }) => `{"name":${jsonText(name)},"type":${jsonText(type)}}`);
  yield `{"columns":[${columns.join(",")}],"rows":[`;
  yield* objects(rows, ",", "");
  yield `],"row_count":${rows.count()},"more":${rows.more()}}\n`;
}

/** @param before what precedes the first object */
async function* objects(
  { columns, batches }: QueryRows,
  separator: string,
  before: string,
): AsyncGenerator<string, void> {
  const keys = columns.map(({ name }: QueryColumn) => `${jsonText(name)}:`);
  let first = true;
  for await (const batch of batches) {
    const texts = batch.map(
      (row) =>
        `{${row.map((value, index) => `${keys[index]}${jsonOf(columns[index]?.kind ?? "text", value)}`).join(",")}}`,
    );
    yield `${first ? before : separator}${texts.join(separator)}`;
    first = false;
  }
}
