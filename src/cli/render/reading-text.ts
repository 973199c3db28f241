import { basename } from "node:path";
import type { FrameResult } from "../../frame/index.ts";
import { displayWidth } from "../../system/display-width.ts";

/**
 * How pandas reads the training frame with the types that the manifest has: the call if there is room for it, otherwise the place
 * in the documentation. A call that guesses types would be short, and would make a number of the code 007.
 *
 * @param room columns that the text may take
 */
export function readingText(result: FrameResult, room: number): string {
  const { call, described } = readingOf(result);
  if (call !== undefined && (described === undefined || displayWidth(call) <= room)) return call;
  return `see "${described}" in docs/frames.md: 007 would become a number`;
}

interface Reading {
  /** Undefined if it takes several lines. */
  readonly call?: string;
  /** The paragraph of docs/frames.md, if the types have to be given. */
  readonly described?: string;
}

function readingOf({ training, manifest }: FrameResult): Reading {
  const path = text(training);
  const columns = manifest.columns.filter(({ frames }) => frames.includes("training"));
  const first = manifest.files.find(({ frame }) => frame === "training")?.path;
  // The folder of a frame without rows is empty.
  if (first === undefined) return { described: "Hive folders" };
  const format = first.slice(first.lastIndexOf(".") + 1);
  if (basename(first) !== basename(training)) {
    if (format === "csv") return { described: "Hive folders" };
    const partitions = [...first.matchAll(/([^/=]+)=[^/]*\//g)].map(([, name = ""]) => name);
    const fields = columns
      .filter(({ name }) => partitions.includes(name))
      .map(({ name, dtypes }) => `(${text(name)}, ${text(dtypes.arrow)})`);
    const folders = `ds.partitioning(pa.schema([${fields.join(", ")}]), flavor="hive")`;
    return { call: `pd.read_parquet(${path}, partitioning=${folders})`, described: "Hive folders" };
  }
  if (format === "parquet") return { call: `pd.read_parquet(${path})` };
  if (format !== "csv") return { call: `pd.read_feather(${path})` };
  const texts = columns.filter(({ type }) => type === "VARCHAR").map(({ name }) => `${text(name)}: str`);
  const missing = 'keep_default_na=False, na_values=[""]';
  return {
    call: `pd.read_csv(${path}, parse_dates=["ds"], dtype={${texts.join(", ")}}, ${missing})`,
    described: "CSV",
  };
}

/** A text as Python writes it. */
const text = (value: string) => JSON.stringify(value);
