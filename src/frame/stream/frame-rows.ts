import type { Database } from "../../database/connection.ts";
import type { ComputeOptions } from "../compute.ts";
import type { WithReader } from "../frame.ts";
import type { OutputColumn } from "../output/frame-file.ts";
import { withSnapshot } from "../source/snapshot.ts";
import { cellsOf, type FrameCell } from "./cells.ts";
import {
  type FrameStream,
  type FrameStreamRequest,
  frameStream,
  type Pieces,
  requireStream,
} from "./frame-stream.ts";

/** A row of a frame: its values by column, in the order of the columns. */
export interface FrameRow {
  readonly unique_id: string;
  /** The day, or the first day of the week or month, YYYY-MM-DD. */
  readonly ds: string;
  readonly [column: string]: FrameCell;
}

/**
 * Builds a frame, and gives its rows as objects, one at a time: the rows of the file that {@link buildFrame} writes, in their order.
 * Numbers are numbers, text and days (YYYY-MM-DD) are text, NULL is null. The rows of a frame of any size need little memory,
 * because the next block of series is computed when the rows before it are taken.
 *
 * @returns a stream: the frame is built, and errors are thrown, when the rows are asked for
 * @throws ARGUMENT_INVALID at once; then, except those about files, the errors of {@link buildFrame}; the signal's reason when it is
 * aborted
 * @example
 * import { databaseOf, frameRows } from "forecastlab";
 *
 * const database = databaseOf("postgres://localhost:5432/retail");
 * const rows = frameRows(database, { cutoff: "2024-05-14", horizon: 28, frame: "future" });
 * for await (const { unique_id, ds, list_price } of rows) console.log(unique_id, ds, list_price);
 * console.log(rows.manifest()?.counts.future_rows);
 */
export function frameRows(database: Database, request: FrameStreamRequest): FrameStream<FrameRow> {
  requireStream("frameRows", database, request);
  return frameRowsFrom((work) => withSnapshot(database, request.signal, work), request);
}

/** The same with any reader, and in blocks of any size. */
export function frameRowsFrom(
  withReader: WithReader,
  request: FrameStreamRequest,
  options: Pick<ComputeOptions, "blockPeriods"> = {},
): FrameStream<FrameRow> {
  const chunks = frameStream(withReader, request, async (columns) => rowsOfChunks(columns), options);
  return {
    [Symbol.asyncIterator]: async function* () {
      for await (const rows of chunks) yield* rows;
    },
    manifest: chunks.manifest,
  };
}

/** The rows of a chunk at a time: handing over each of them would take longer than computing it. */
function rowsOfChunks(columns: readonly OutputColumn[]): Pieces<readonly FrameRow[]> {
  return {
    take: (chunk) => {
      const rows = Array.from({ length: chunk.rows }, (): Record<string, FrameCell> => ({}));
      for (const [index, { name, type }] of columns.entries()) {
        const column = chunk.columns[index];
        if (column === undefined) continue;
        const cell = cellsOf(column, type);
        for (const [at, row] of rows.entries()) row[name] = cell(at);
      }
      return [rows as unknown as FrameRow[]];
    },
    rest: () => [],
  };
}
