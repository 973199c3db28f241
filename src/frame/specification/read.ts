import type { z } from "zod";
import { type ForecastLabError, fail } from "../../errors.ts";
import * as kinds from "../../system/arguments.ts";
import { parseYaml, readText } from "../../system/yaml.ts";
import { specSchema } from "./schema.ts";

/** A spec as it was written, checked as far as possible without a horizon; see docs/frames.md. */
export interface SpecInput extends z.output<typeof specSchema> {
  /** Where it was read from, for messages. */
  readonly path: string;
}

/**
 * Reads a spec file in YAML or JSON.
 *
 * @returns the spec as it is written, without defaults; see {@link resolveSpec}
 * @throws FILE_NOT_FOUND, FILE_IS_DIRECTORY, FILE_NOT_PERMITTED, FRAME_SPEC_INVALID
 * @example
 * import { readSpec } from "forecastlab";
 *
 * const spec = await readSpec("dairy.yaml");
 * console.log(spec.drivers ?? "all drivers");
 */
export async function readSpec(path: string): Promise<SpecInput> {
  kinds.requireArguments("readSpec", { path }, { path: kinds.text });
  return parseSpec(await readText(path), path);
}

/**
 * Parses a spec in YAML or JSON.
 *
 * @param path names the spec in messages
 * @returns the spec as it is written, without defaults; see {@link resolveSpec}
 * @throws FRAME_SPEC_INVALID with the place in the text and what is valid there
 * @example
 * import { buildFrame, databaseOf, parseSpec } from "forecastlab";
 *
 * const spec = parseSpec("{ version: 1, series: { product: { category: Dairy } } }", "dairy");
 * const database = databaseOf("postgres://localhost:5432/retail");
 * await buildFrame(database, { cutoff: "2024-05-14", horizon: 28, spec, out: "dairy.parquet" });
 */
export function parseSpec(text: string, path: string): SpecInput {
  kinds.requireArguments("parseSpec", { text, path }, { text: kinds.text, path: kinds.text });
  const spec = parseYaml(text, {
    schema: specSchema,
    required: "it must at least say version: 1",
    verbatim: ["series"],
    invalid: (problem, cause) => specInvalid(path, problem, cause),
  });
  return { ...spec, path };
}

/** The error of a spec; also for problems that only the warehouse or the columns of the frame show. */
export function specInvalid(path: string, problem: string, cause?: unknown): ForecastLabError {
  return fail("FRAME_SPEC_INVALID", { path, problem }, cause);
}
