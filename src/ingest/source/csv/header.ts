import { fail, type RejectCode } from "../../../errors.ts";
import { utf8BytesOf } from "../decode.ts";
import type { Encoding } from "../encoding.ts";
import type { CsvLayout, Format } from "../layout.ts";
import type { SourceFile } from "../source-file.ts";
import { type Dialect, delimiterOf, dialectOf } from "./dialect.ts";
import { fieldsOf, type RecordPlace, readRecords } from "./records.ts";

/**
 * The columns of a CSV file: the fields of its first record, or the names the format gives if the file has no header line.
 *
 * @throws FILE_EMPTY, FILE_NOT_CSV, FILE_NOT_DECODABLE, FILE_NOT_DECOMPRESSED, HEADER_INVALID, DELIMITER_WRONG
 */
export async function readCsvHeader(
  file: SourceFile,
  encoding: Encoding,
  format: Format,
): Promise<Pick<CsvLayout, "dialect" | "fileColumns" | "hasHeader">> {
  const dialect = dialectOf(file.path, format);
  const first = await readFirstRecord(file, encoding, dialect);
  const hasHeader = format.header === undefined;
  const names = format.header ?? fieldsOf(first, dialect);
  if (hasHeader && names.length === 1) requireDelimiter(file, first, delimiterOf(dialect));
  return { dialect, fileColumns: names.map((name) => name.trim()), hasHeader };
}

async function readFirstRecord(file: SourceFile, encoding: Encoding, dialect: Dialect): Promise<RecordPlace> {
  let first: RecordPlace | undefined;
  await readRecords(utf8BytesOf(file, encoding), dialect, {
    record: (place) => {
      first = place;
      return false;
    },
    fault: (code) => {
      throw headerFailure(code, file, encoding);
    },
  });
  if (first === undefined) throw fail("FILE_EMPTY", { path: file.path });
  return first;
}

function headerFailure(code: RejectCode, { path }: SourceFile, encoding: Encoding): Error {
  if (code === "NUL_BYTE") return fail("FILE_NOT_CSV", { path, kind: "binary data" });
  if (code === "INVALID_UTF8") {
    const reason = "its first line holds bytes that are not valid in this encoding";
    return fail("FILE_NOT_DECODABLE", { path, encoding: encoding.label, reason });
  }
  return fail("HEADER_INVALID", { path, problem: problems[code] ?? code });
}

const problems: Partial<Record<RejectCode, string>> = {
  UNCLOSED_QUOTE: "a quote is never closed",
  MALFORMED_QUOTE: "text follows a closing quote",
  RECORD_TOO_LONG: "it is longer than 1 MiB",
};

const delimiterNames: Record<string, string> = {
  ",": "commas",
  ";": "semicolons",
  "\t": "tabs",
  "|": "bars",
};

/** Refuses a header of one column that holds another common delimiter, which is most likely the right one. */
function requireDelimiter(file: SourceFile, { buffer, start, end }: RecordPlace, delimiter: string): void {
  const line = buffer.toString("utf8", start, end);
  const count = (candidate: string) => line.split(candidate).length - 1;
  const [likely] = Object.keys(delimiterNames)
    .filter((candidate) => candidate !== delimiter && count(candidate) > 0)
    .sort((a, b) => count(b) - count(a));
  if (likely === undefined) return;
  throw fail("DELIMITER_WRONG", {
    path: file.path,
    delimiter: delimiterNames[delimiter] ?? delimiter,
    likely: delimiterNames[likely] ?? likely,
    flag: likely === "\t" ? "tab" : `'${likely}'`,
  });
}
