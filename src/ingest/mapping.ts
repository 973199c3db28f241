import { z } from "zod";
import { fail } from "../errors.ts";
import { type TableName, tableNames } from "../schema/tables.ts";
import * as kinds from "../system/arguments.ts";
import { didYouMean } from "../system/did-you-mean.ts";
import { parseYaml, readText } from "../system/yaml.ts";

/** SQL over the source's columns. YAML may have read a constant as a number or a boolean. */
const expression = z
  .union([z.string(), z.number(), z.boolean()], { error: "must be an SQL expression" })
  .transform(String)
  .refine((sql) => sql.trim() !== "", "must not be empty");

const character = (what: string) =>
  z.string().refine((text) => /^[\x09\x20-\x7e]$/.test(text), `must be ${what}`);

const mappingSchema = z.strictObject({
  table: z.enum(tableNames as [string, ...string[]], {
    error: ({ input }) => {
      const hint = typeof input === "string" ? didYouMean(input, tableNames) : undefined;
      return `must be one of ${tableNames.join(", ")}${hint === undefined ? "" : ` (${hint})`}`;
    },
  }),
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

/**
 * A mapping file: the table, an SQL expression for each of its columns, and optionally the files' format, a filter, and
 * aggregates that collapse rows of one grain. Its expressions are checked when the files are loaded. See docs/mappings.md.
 */
export interface Mapping extends Omit<z.infer<typeof mappingSchema>, "table"> {
  readonly table: TableName;
  /** How messages name it: the path it was read from. */
  readonly path: string;
}

/**
 * Reads a mapping file, in YAML or JSON.
 *
 * @returns its content, for the `mapping` of {@link load}
 * @throws FILE_NOT_FOUND, FILE_IS_DIRECTORY, FILE_NOT_PERMITTED, and MAPPING_INVALID with the place in the file and what it
 * may hold there
 *
 * @example
 * import { databaseOf, load, readMapping } from "forecastlab";
 *
 * const warehouse = databaseOf("postgresql://postgres@localhost/warehouse");
 * const mapping = await readMapping("shop.yaml");
 * console.log(await load(warehouse, { table: mapping.table, files: ["invoices.csv"], mapping }));
 */
export async function readMapping(path: string): Promise<Mapping> {
  kinds.requireArguments("readMapping", { path }, { path: kinds.text });
  return parseMapping(await readText(path), path);
}

/**
 * Parses the text of a mapping file.
 *
 * @param path how messages name the mapping
 * @returns its content, for the `mapping` of {@link load}
 * @throws MAPPING_INVALID with the place in the text and what it may hold there
 *
 * @example
 * import { databaseOf, load, parseMapping } from "forecastlab";
 *
 * const text = `
 *   table: store
 *   columns: { code: upper(Shop), name: Shop }
 * `;
 * const mapping = parseMapping(text, "the mapping of shops");
 * const warehouse = databaseOf("postgresql://postgres@localhost/warehouse");
 * console.log(await load(warehouse, { table: "store", files: ["shops.csv"], mapping }));
 */
export function parseMapping(text: string, path: string): Mapping {
  kinds.requireArguments("parseMapping", { text, path }, { text: kinds.text, path: kinds.text });
  const mapping = parseYaml(text, {
    schema: mappingSchema,
    required: "it must hold table: and columns:",
    invalid: (problem, cause) => fail("MAPPING_INVALID", { path, problem: withHint(problem) }, cause),
  });
  return { ...mapping, table: mapping.table as TableName, path };
}

/** Between braces a comma ends a value, also one inside a function, and the rest of it becomes a key. */
function withHint(problem: string): string {
  const cut = /^(columns|collapse)\.[^ ]*\)/.test(problem);
  return cut ? `${problem}; between { } put expressions with commas in quotes: "left(x, 10)"` : problem;
}

function notEmpty(columns: object): boolean {
  return Object.keys(columns).length > 0;
}
