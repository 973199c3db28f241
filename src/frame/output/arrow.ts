import type { RecordBatchFileWriter, Schema } from "apache-arrow";
import type { Engine } from "../../duckdb/engine.ts";
import { type ArrowColumn, arrowColumn, batchRows, fieldOf } from "./arrow-columns.ts";
import type { FileMetadata, FrameFile, OutputColumn } from "./frame-file.ts";
import { growingFile } from "./growing-file.ts";

type Arrow = typeof import("apache-arrow");

/**
 * An Arrow IPC file (Feather 2) without compression, in batches of {@link batchRows} rows, independent of where queries begin and
 * end. One batch is in memory at a time. Text is plain `utf8`, because not every reader reads dictionaries that grow.
 */
export function arrowFile(
  engine: Engine,
  path: string,
  { columns, metadata }: { readonly columns: readonly OutputColumn[]; readonly metadata: FileMetadata },
): FrameFile {
  const file = growingFile(path);
  const batch = columns.map(({ type }) => arrowColumn(type));
  let writing: BatchWriter | undefined;
  let filled = 0;
  let rows = 0;
  // Imported here because it is large, and only this format needs it.
  const writer = async () => {
    writing ??= batchWriter(await import("apache-arrow"), columns, metadata);
    return writing;
  };
  const writeBatch = async () => {
    await file.append((await writer()).batch(batch, filled));
    filled = 0;
  };
  const append = async (sql: string) => {
    const before = rows;
    for await (const chunk of engine.chunks(sql)) {
      for (let from = 0; from < chunk.rows; ) {
        const count = Math.min(chunk.rows - from, batchRows - filled);
        for (const [index, column] of batch.entries()) {
          const source = chunk.columns[index];
          if (source !== undefined) column.take(source, { from, count, at: filled });
        }
        from += count;
        filled += count;
        rows += count;
        if (filled === batchRows) await writeBatch();
      }
    }
    return rows - before;
  };
  return {
    append,
    finish: async () => {
      if (filled > 0) await writeBatch();
      await file.append((await writer()).end());
      return { rows, ...(await file.finish()) };
    },
  };
}

interface BatchWriter {
  /** The bytes of the next batch: the first rows of the columns. */
  batch(columns: readonly ArrowColumn[], rows: number): Uint8Array[];
  /** The bytes after the last one. */
  end(): Uint8Array[];
}

function batchWriter(arrow: Arrow, columns: readonly OutputColumn[], metadata: FileMetadata): BatchWriter {
  const fields = columns.map((column) => fieldOf(arrow, column));
  const schema = new arrow.Schema(fields, new Map(Object.entries(metadata)));
  const pieces: Uint8Array[] = [];
  const writer = fileWriter(arrow, schema, pieces);
  return {
    batch: (filled, rows) => {
      const children = filled.map((column) => column.data(arrow, rows));
      const data = arrow.makeData({
        type: new arrow.Struct(schema.fields),
        length: rows,
        nullCount: 0,
        children,
      });
      writer.write(new arrow.RecordBatch(schema, data));
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
