import type { RecordBatch } from "apache-arrow";
import type { Database } from "../../database/connection.ts";
import type { ComputeOptions } from "../compute.ts";
import type { WithReader } from "../frame.ts";
import { emptyBatch, schemaOf } from "../output/arrow-batch.ts";
import { withSnapshot } from "../source/snapshot.ts";
import {
  type FrameStream,
  type FrameStreamRequest,
  frameStream,
  type OpenPieces,
  requireStream,
} from "./frame-stream.ts";

/**
 * Builds a frame, and gives it as record batches of Apache Arrow (package `apache-arrow`): those of the `.arrow` file that
 * {@link buildFrame} writes, of 65,536 rows and with the same schema and metadata. `ds` is `timestamp[us]`. One batch is in memory
 * at a time, because the next block of series is computed when the batches before it are taken; a batch stays valid.
 *
 * @returns a stream: the frame is built, and errors are thrown, when the batches are asked for. A frame without rows has no batch
 * @throws ARGUMENT_INVALID at once; then, except those about files, the errors of {@link buildFrame}; the signal's reason when it is
 * aborted
 * @example
 * import { databaseOf, frameBatches } from "forecastlab";
 *
 * const database = databaseOf("postgres://localhost:5432/retail");
 * const batches = frameBatches(database, { cutoff: "2024-05-14", horizon: 28 });
 * let sold = 0;
 * for await (const batch of batches) for (const y of batch.getChild("y") ?? []) sold += y ?? 0;
 * console.log(sold, batches.manifest()?.counts.training_rows);
 */
export function frameBatches(database: Database, request: FrameStreamRequest): FrameStream<RecordBatch> {
  requireStream("frameBatches", database, request);
  return frameBatchesFrom((work) => withSnapshot(database, request.signal, work), request);
}

/** The same with any reader, and in blocks of any size. */
export function frameBatchesFrom(
  withReader: WithReader,
  request: FrameStreamRequest,
  options: Pick<ComputeOptions, "blockPeriods"> = {},
): FrameStream<RecordBatch> {
  return frameStream(withReader, request, openBatches, { ...options, of: "frameBatches" });
}

const openBatches: OpenPieces<RecordBatch> = async (columns, metadata) => {
  // Imported here because it is large, and files of other formats do not need it.
  const arrow = await import("apache-arrow");
  const schema = schemaOf(arrow, columns, metadata);
  let batch = emptyBatch(columns);
  const complete = () => {
    const record = batch.record(arrow, schema);
    // Its memory belongs to whoever gets it.
    batch = emptyBatch(columns);
    return record;
  };
  return {
    take: function* (chunk) {
      for (let from = 0; from < chunk.rows; ) {
        from += batch.take(chunk, from);
        if (batch.isFull()) yield complete();
      }
    },
    rest: function* () {
      if (batch.rows() > 0) yield complete();
    },
  };
};
