import type { RecordBatch, RecordBatchFileWriter, Schema } from "apache-arrow";
import type { Engine } from "../../duckdb/engine.ts";
import { emptyBatch, schemaOf } from "./arrow-batch.ts";
import type { FileMetadata, FrameFile, OutputColumn } from "./frame-file.ts";
import { growingFile } from "./growing-file.ts";

type Arrow = typeof import("apache-arrow");

/**
 * An Arrow IPC file (Feather 2) without compression, in batches of 65,536 rows, independent of where queries begin and
 * end. One batch is in memory at a time. Text is plain `utf8`, because not every reader reads dictionaries that grow.
 */
export function arrowFile(
  engine: Engine,
  path: string,
  { columns, metadata }: { readonly columns: readonly OutputColumn[]; readonly metadata: FileMetadata },
): FrameFile {
  const file = growingFile(path);
  const batch = emptyBatch(columns);
  let writing: BatchWriter | undefined;
  let rows = 0;
  // Imported here because it is large, and only this format needs it.
  const writer = async () => {
    writing ??= batchWriter(await import("apache-arrow"), columns, metadata);
    return writing;
  };
  const writeBatch = async () => {
    const { arrow, schema, bytesOf } = await writer();
    await file.append(bytesOf(batch.record(arrow, schema)));
  };
  const append = async (sql: string) => {
    const before = rows;
    for await (const chunk of engine.chunks(sql)) {
      for (let from = 0; from < chunk.rows; ) {
        from += batch.take(chunk, from);
        if (batch.isFull()) await writeBatch();
      }
      rows += chunk.rows;
    }
    return rows - before;
  };
  return {
    append,
    finish: async () => {
      if (batch.rows() > 0) await writeBatch();
      await file.append((await writer()).end());
      return { rows, ...(await file.finish()) };
    },
  };
}

interface BatchWriter {
  readonly arrow: Arrow;
  readonly schema: Schema;
  /** The bytes of the next batch. */
  bytesOf(batch: RecordBatch): Uint8Array[];
  /** The bytes after the last one. */
  end(): Uint8Array[];
}

function batchWriter(arrow: Arrow, columns: readonly OutputColumn[], metadata: FileMetadata): BatchWriter {
  const schema = schemaOf(arrow, columns, metadata);
  const pieces: Uint8Array[] = [];
  const writer = fileWriter(arrow, schema, pieces);
  return {
    ...{ arrow, schema },
    bytesOf: (batch) => {
      writer.write(batch);
      return pieces.splice(0);
    },
    end: () => {
      writer.close();
      return pieces.splice(0);
    },
  };
}

/** The writer of the library, which collects its bytes instead of queueing them, and writes the schema at the start too. */
function fileWriter(arrow: Arrow, schema: Schema, pieces: Uint8Array[]): RecordBatchFileWriter {
  class Pieces extends arrow.AsyncByteQueue {
    override write(bytes: Uint8Array) {
      pieces.push(bytes);
    }
  }
  class FileWriter extends arrow.RecordBatchFileWriter {
    // The library writes the schema only to the footer. The format is a stream between magic bytes and a footer, and some
    // readers read it as a stream, which starts with the schema.
    protected override _writeSchema(of: Schema) {
      return super._writeSchema(of)._writeMessage(arrow.Message.from(of));
    }
  }
  const writer = new FileWriter();
  writer.reset(new Pieces(), schema);
  return writer;
}
