import { quoteIdentifier } from "../../../database/identifiers.ts";
import type { Engine } from "../../../duckdb/engine.ts";
import { sha256OfFile } from "../../../system/digest.ts";
import type { ParquetLayout } from "../layout.ts";
import { recordWholeFile } from "../scan-log.ts";
import type { ScanContext, ScannedFile } from "../scanned-file.ts";
import { sourceColumnList } from "../source-columns.ts";
import { readParquet, withParquetFailures } from "./read-parquet.ts";
import { plainText, writtenText } from "./value-text.ts";

/**
 * Counts the rows of a Parquet file and reads all of it once, so that damage is found here and not in the middle of a load.
 *
 * @throws PARQUET_UNREADABLE
 */
export async function scanParquet(
  engine: Engine,
  layout: ParquetLayout,
  context: ScanContext,
): Promise<ScannedFile> {
  const { file, readable, fileColumns, types } = layout;
  const source = readParquet(readable);
  const sha256 = await sha256OfFile(file.absolute, { name: file.path, signal: engine.signal });
  // The hash makes DuckDB read the values. For the count alone it reads only the footer.
  const everything = fileColumns.map(quoteIdentifier).join(", ");
  const [read] = await withParquetFailures(engine, file, () =>
    engine.rows<{ rows: number }>(
      `SELECT count(*) AS rows, bit_xor(hash(${everything})) AS hash FROM ${source}`,
    ),
  );
  const records = read?.rows ?? 0;
  await recordWholeFile(engine, context);
  const written = fileColumns.map(
    (name, index) => `${writtenText(quoteIdentifier(name), types[index] ?? "")} AS f${index}`,
  );
  const texts = fileColumns.map((_, index) => plainText(`f${index}`, types[index] ?? ""));
  const relation = `(
    SELECT ${sourceColumnList(layout, context, texts)}
    FROM (SELECT ${written.join(", ")} FROM ${source})
  )`;
  return { path: file.path, bytes: file.bytes, sha256, records, faulty: 0, relation };
}
