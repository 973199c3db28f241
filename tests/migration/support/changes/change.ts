import { integer, pgTable } from "drizzle-orm/pg-core";
import type { Model } from "../../../../src/migration/generate/snapshot.ts";

/** A change of a model, for which a revision is generated. */
export interface ModelChange {
  readonly name: string;
  readonly before: Model;
  readonly after: Model;
  /** The edit of the generated file that a person would make. */
  readonly edit?: (file: string) => string;
  /** Whether the model cannot express the result, which is then not compared with it. */
  readonly byHand?: boolean;
}

export const id = integer().notNull();

/** A table `item` with the column `id` and others. */
export function item(
  // biome-ignore lint/suspicious/noExplicitAny: columns of any kind
  columns: Record<string, any>,
  // biome-ignore lint/suspicious/noExplicitAny: drizzle gives its columns precise types
  rules: (t: any) => any[] = () => [],
) {
  return { item: pgTable("item", { id, ...columns }, rules) };
}

/** An edit that replaces a text, which must be there. */
export const replacing = (from: string | RegExp, to: string) => (file: string) => {
  const edited = file.replace(from, to);
  if (edited === file) throw new Error(`the generated file does not contain ${from}:\n${file}`);
  return edited;
};

/** Several edits, one after the other. */
export const edits =
  (...all: ((file: string) => string)[]) =>
  (file: string) =>
    all.reduce((edited, edit) => edit(edited), file);
