import { integer, pgTable } from "drizzle-orm/pg-core";
import type { Model } from "../../../../src/migration/generate/snapshot.ts";

/** A change of the model: what it was and what it becomes. */
export interface ModelChange {
  readonly name: string;
  readonly before: Model;
  readonly after: Model;
  /** What a person would edit in the generated file. */
  readonly edit?: (file: string) => string;
  /** The model cannot say the result: what it says is not compared with it. */
  readonly byHand?: boolean;
}

export const id = integer().notNull();

/** One table `item`, with columns besides `id`. */
export function item(
  // biome-ignore lint/suspicious/noExplicitAny: columns of any kind
  columns: Record<string, any>,
  // biome-ignore lint/suspicious/noExplicitAny: drizzle gives its columns precise types
  rules: (t: any) => any[] = () => [],
) {
  return { item: pgTable("item", { id, ...columns }, rules) };
}

export const swap = (from: string | RegExp, to: string) => (file: string) => {
  const edited = file.replace(from, to);
  if (edited === file) throw new Error(`the generated file does not hold ${from}:\n${file}`);
  return edited;
};

export const edits =
  (...all: ((file: string) => string)[]) =>
  (file: string) =>
    all.reduce((edited, edit) => edit(edited), file);
