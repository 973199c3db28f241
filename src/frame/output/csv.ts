import { rm, stat } from "node:fs/promises";
import { quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { type FrameFile, noRows, type OutputColumn } from "./frame-file.ts";
import { bytesOf, growingFile } from "./growing-file.ts";

/**
 * A CSV file as in RFC 4180, but with LF at the end of lines. It has one header, days as YYYY-MM-DD, numbers in the shortest form
 * that reads back equal, an empty field for NULL and `""` for an empty text.
 *
 * @param part a path for the block that DuckDB writes before it is appended
 */
export function csvFile(
  engine: Engine,
  path: string,
  columns: readonly OutputColumn[],
  part: string,
): FrameFile {
  const file = growingFile(path);
  let rows = 0;
  const append = async (sql: string) => {
    const added = await engine.count(`
      COPY (${sql}) TO ${quoteLiteral(part)}
      (FORMAT csv, HEADER ${file.bytes === 0}, NULLSTR '', TIMESTAMPFORMAT '%Y-%m-%d')
    `);
    await file.append(bytesOf(part, 0, (await stat(part)).size));
    await rm(part);
    rows += added;
    return added;
  };
  return {
    append,
    finish: async () => {
      if (file.bytes === 0) await append(noRows(columns));
      return { rows, ...(await file.finish()) };
    },
  };
}
