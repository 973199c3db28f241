import { basename, dirname, extname, join, normalize, sep } from "node:path";
import { fail } from "../../errors.ts";

export type FrameFormat = "parquet" | "arrow" | "csv";

/** Where a frame is written. Paths are as the user wrote them; relative ones start at the working folder. */
export interface Place {
  readonly format: FrameFormat;
  /** The training file, or the folder of a partitioned frame. */
  readonly out: string;
  /** The folder that `out` is in. */
  readonly parent: string;
  readonly training: string;
  readonly future: string;
  readonly manifest: string;
}

/**
 * Where a frame is written: `x.parquet`, `x.future.parquet` and `x.manifest.json`, or in a folder the folders `train` and `future`
 * and `manifest.json`.
 *
 * @param format default: follows from the ending of the name
 * @throws FRAME_FORMAT_UNKNOWN if there is no format or the two contradict each other, FILE_UNWRITABLE if a file is named like a folder
 */
export function placeOf(out: string, format: FrameFormat | undefined, partitioned: boolean): Place {
  const path = normalize(out);
  const ending = extname(path);
  const named = formats.find((known) => ending.toLowerCase() === `.${known}`);
  if (format !== undefined && !formats.includes(format)) {
    throw fail("FRAME_FORMAT_UNKNOWN", { path: out, problem: `there is no format ${format}` });
  }
  if (format !== undefined && named !== undefined && format !== named) {
    const problem = `the name ends in ${ending}, and the format asked for is ${format}`;
    throw fail("FRAME_FORMAT_UNKNOWN", { path: out, problem });
  }
  if (partitioned) {
    const folder = path.endsWith(sep) && path.length > 1 ? path.slice(0, -1) : path;
    return {
      format: format ?? named ?? "parquet",
      out: folder,
      parent: dirname(folder),
      training: join(folder, "train"),
      future: join(folder, "future"),
      manifest: join(folder, "manifest.json"),
    };
  }
  if (path.endsWith(sep)) {
    const reason = "it names a folder; name a file, or partition the frame";
    throw fail("FILE_UNWRITABLE", { path: out, reason });
  }
  const chosen = format ?? named;
  if (chosen === undefined) {
    const problem = ending === "" ? "the name has no ending" : `the ending ${ending} is not that of a format`;
    throw fail("FRAME_FORMAT_UNKNOWN", { path: out, problem });
  }
  const parent = dirname(path);
  const stem = basename(path, ending);
  return {
    format: chosen,
    out: path,
    parent,
    training: path,
    future: join(parent, `${stem}.future${ending}`),
    manifest: join(parent, `${stem}.manifest.json`),
  };
}

const formats: readonly FrameFormat[] = ["parquet", "arrow", "csv"];
