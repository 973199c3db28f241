import type { z } from "zod";
import { type ForecastLabError, fail } from "../../errors.ts";
import { parseYaml, readText } from "../../system/yaml.ts";
import { specSchema } from "./schema.ts";

/** What a spec says, checked as far as it can be without a horizon; see docs/frames.md. */
export interface SpecInput extends z.output<typeof specSchema> {
  /** Where it was read from, for messages. */
  readonly path: string;
}

/**
 * Reads a spec in YAML or JSON.
 *
 * @throws FILE_NOT_FOUND, FILE_IS_DIRECTORY, FILE_NOT_PERMITTED, FRAME_SPEC_INVALID
 */
export async function readSpec(path: string): Promise<SpecInput> {
  return parseSpec(await readText(path), path);
}

/**
 * @param path names the spec in messages
 * @throws FRAME_SPEC_INVALID with the place in the file and what may stand there
 */
export function parseSpec(text: string, path: string): SpecInput {
  const spec = parseYaml(text, {
    schema: specSchema,
    required: "it must at least say version: 1",
    verbatim: ["series"],
    invalid: (problem, cause) => specInvalid(path, problem, cause),
  });
  return { ...spec, path };
}

/** The error of a spec, for what only the warehouse or the frame's columns show to be wrong too. */
export function specInvalid(path: string, problem: string, cause?: unknown): ForecastLabError {
  return fail("FRAME_SPEC_INVALID", { path, problem }, cause);
}
