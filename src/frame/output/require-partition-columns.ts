import { fail } from "../../errors.ts";
import { didYouMean } from "../../system/did-you-mean.ts";
import type { OutputColumn } from "./frame-file.ts";
import type { FrameFormat } from "./place.ts";

/**
 * Throws if a frame cannot be partitioned by these columns. Both frames must have them, and their type must be one that folders can
 * be named after: text and whole numbers. `unique_id` and `ds` are not allowed, because they must stay in the files.
 *
 * @throws FRAME_PARTITION_INVALID
 */
export function requirePartitionColumns(
  partitionBy: readonly string[],
  format: FrameFormat,
  { training, future }: { training: readonly OutputColumn[]; future: readonly OutputColumn[] },
): void {
  const valid = training
    .filter(({ name, type }) => future.some((other) => other.name === name && other.type === type))
    .filter(({ name, type }) => nameable.has(type) && !keys.has(name))
    .map(({ name }) => name);
  const refuse = (problem: string) =>
    fail("FRAME_PARTITION_INVALID", {
      columns: partitionBy.join(", "),
      problem,
      valid: valid.join(", ") || "no columns of this frame",
    });
  if (format === "arrow") throw refuse("an Arrow frame is one file");
  const repeated = partitionBy.find((name, index) => partitionBy.indexOf(name) !== index);
  if (repeated !== undefined) throw refuse(`${repeated} is named more than once`);
  for (const name of partitionBy) {
    if (valid.includes(name)) continue;
    const column = training.find((other) => other.name === name);
    const hint = didYouMean(name, valid);
    if (column === undefined) {
      throw refuse(`the frame has no column ${name}${hint === undefined ? "" : ` (${hint})`}`);
    }
    if (keys.has(name)) throw refuse(`${name} must stay in the files`);
    throw refuse(
      future.some((other) => other.name === name)
        ? `${name} is ${column.type}, and folders are named after text and whole numbers`
        : `the future frame has no column ${name}`,
    );
  }
}

const nameable: ReadonlySet<string> = new Set(["VARCHAR", "INTEGER"]);
const keys: ReadonlySet<string> = new Set(["unique_id", "ds"]);
