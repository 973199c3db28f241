import { type FileHandle, open } from "node:fs/promises";
import type { RecordBatch, Vector } from "apache-arrow";
import { quoteLiteral } from "../../database/identifiers.ts";
import { dateOf } from "../days.ts";
import { type FrameRows, plottedColumns } from "./frame-rows.ts";
import type { PlottedDay } from "./series.ts";

type Arrow = typeof import("apache-arrow");

/**
 * The rows of Arrow IPC files, which DuckDB cannot read without an extension. One batch is in memory at a time.
 *
 * @throws errors of the file system, and of the Arrow library for files that are not Arrow or are compressed
 */
export async function arrowRows(files: readonly string[], signal?: AbortSignal): Promise<FrameRows> {
  const arrow = await import("apache-arrow");
  const columns = await columnsOf(arrow, files[0] ?? "");
  const eachBatch = async (work: (batch: RecordBatch) => void) => {
    for (const file of files) await readBatches(arrow, file, work, signal);
  };
  return {
    columns,
    daysOf: async (series) => {
      const days: PlottedDay[] = [];
      await eachBatch((batch) => days.push(...daysIn(batch, series)));
      return days.sort((a, b) => (a.ds < b.ds ? -1 : 1));
    },
    bestSeller: async () => {
      const sums = new Map<string, number | undefined>();
      await eachBatch((batch) => addSums(sums, batch));
      return bestOf(sums);
    },
    seriesSql: async () => {
      const names = new Set<string>();
      await eachBatch((batch) => {
        for (const name of column(batch, "unique_id") ?? []) if (name !== null) names.add(String(name));
      });
      return `SELECT unnest([${[...names].map(quoteLiteral).join(", ")}]::VARCHAR[]) AS unique_id`;
    },
  };
}

async function columnsOf(arrow: Arrow, file: string): Promise<Set<string>> {
  return withFile(file, async (handle) => {
    const reader = await (await arrow.RecordBatchReader.from(handle)).open();
    return new Set(reader.schema.fields.map(({ name }) => name));
  });
}

async function readBatches(
  arrow: Arrow,
  file: string,
  work: (batch: RecordBatch) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  await withFile(file, async (handle) => {
    for await (const batch of await arrow.RecordBatchReader.from(handle)) {
      signal?.throwIfAborted();
      work(batch);
    }
  });
}

async function withFile<T>(path: string, work: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(path);
  try {
    return await work(handle);
  } finally {
    // The reader of the library closes it at the end of the batches.
    await handle.close().catch(() => {});
  }
}

const column = (batch: RecordBatch, name: string): Vector | null => batch.getChild(name);

function daysIn(batch: RecordBatch, series: string): PlottedDay[] {
  const [names, dates] = [column(batch, "unique_id"), column(batch, "ds")];
  const values = Object.entries(plottedColumns).map(([name, of]) => [name, column(batch, of)] as const);
  const days: PlottedDay[] = [];
  for (let row = 0; row < batch.numRows; row++) {
    if (names?.get(row) !== series) continue;
    const ds = dateIn(dates?.get(row));
    if (ds === undefined) continue;
    const cells = values.map(([name, vector]) => [name, cellOf(name, vector?.get(row) ?? null)]);
    days.push({ ds, ...Object.fromEntries(cells) });
  }
  return days;
}

/** Dates and timestamps arrive as milliseconds, of the day itself or of its midnight. */
function dateIn(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "string") return /^\d{4}-\d\d-\d\d/.exec(value)?.[0];
  return dateOf(Math.floor(Number(value) / 86_400_000));
}

function cellOf(name: string, value: unknown): PlottedDay[keyof PlottedDay] {
  if (value === null) return null;
  if (name === "holiday_name") return String(value);
  return name === "y" || name === "list_price" ? finite(value) : Boolean(value);
}

const finite = (value: unknown): number | null => (Number.isFinite(Number(value)) ? Number(value) : null);

function addSums(sums: Map<string, number | undefined>, batch: RecordBatch): void {
  const [names, values] = [column(batch, "unique_id"), column(batch, "y")];
  for (let row = 0; row < batch.numRows; row++) {
    const name = names?.get(row);
    if (name === null || name === undefined) continue;
    const [value, sum] = [values?.get(row) ?? null, sums.get(String(name))];
    const known = value === null ? null : finite(value);
    sums.set(String(name), known === null ? sum : (sum ?? 0) + known);
  }
}

/** In the order of bytes, as DuckDB orders text. */
function bestOf(sums: ReadonlyMap<string, number | undefined>): string | undefined {
  const ranked = [...sums].sort(
    ([one, a = Number.NEGATIVE_INFINITY], [other, b = Number.NEGATIVE_INFINITY]) =>
      a === b ? Buffer.compare(Buffer.from(one), Buffer.from(other)) : b > a ? 1 : -1,
  );
  return ranked[0]?.[0];
}
