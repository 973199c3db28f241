import { z } from "zod";
import { fail } from "../errors.ts";
import { type TableName, tableNames } from "../schema/tables.ts";
import { parseYaml, readText } from "../system/yaml.ts";

/** SQL over the source's columns; YAML may have read a constant as a number or a truth value. */
const expression = z
  .union([z.string(), z.number(), z.boolean()], { error: "must be an SQL expression" })
  .transform(String)
  .refine((sql) => sql.trim() !== "", "must not be empty");

const character = (what: string) =>
  z.string().refine((text) => /^[\x09\x20-\x7e]$/.test(text), `must be ${what}`);

const mappingSchema = z.strictObject({
  table: z.enum(tableNames as [string, ...string[]], { error: `must be one of ${tableNames.join(", ")}` }),
  format: z
    .strictObject({
      delimiter: character("one character, such as ; or a tab").optional(),
      quote: z.union([character("one character, or empty for none"), z.literal("")]).optional(),
      encoding: z.string().min(1).optional(),
      header: z.array(z.string().min(1)).min(1, "must name at least one column").optional(),
    })
    .refine(({ delimiter, quote }) => delimiter === undefined || delimiter !== quote, {
      error: "delimiter and quote must differ",
    })
    .optional(),
  filter: expression.optional(),
  columns: z.record(z.string(), expression).refine(notEmpty, "must give at least one column"),
  collapse: z.record(z.string(), expression).refine(notEmpty, "must give at least one column").optional(),
});

/** What a mapping file says, checked as far as it can be without the source; see docs/mappings.md. */
export interface Mapping extends Omit<z.infer<typeof mappingSchema>, "table"> {
  readonly table: TableName;
  /** Where it was read from, for messages. */
  readonly path: string;
}

/** @throws FILE_NOT_FOUND, FILE_IS_DIRECTORY, FILE_NOT_PERMITTED, MAPPING_INVALID */
export async function readMapping(path: string): Promise<Mapping> {
  return parseMapping(await readText(path), path);
}

/**
 * @param path names the mapping in messages
 * @throws MAPPING_INVALID with the place in the file and what may stand there
 */
export function parseMapping(text: string, path: string): Mapping {
  const mapping = parseYaml(text, {
    schema: mappingSchema,
    required: "it must hold table: and columns:",
    invalid: (problem, cause) => fail("MAPPING_INVALID", { path, problem }, cause),
  });
  return { ...mapping, table: mapping.table as TableName, path };
}

function notEmpty(columns: object): boolean {
  return Object.keys(columns).length > 0;
}
