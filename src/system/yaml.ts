import { readFile } from "node:fs/promises";
import {
  type Document,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
  type Scalar,
  visit,
  YAMLParseError,
} from "yaml";
import { z } from "zod";
import { didYouMean } from "./did-you-mean.ts";
import { asFileFailure } from "./file-failures.ts";

/* Files that a person writes in YAML or JSON (which is YAML too): read and validated, with errors that name the place. */

/** A kind of file: its schema, and the error for an invalid one. */
export interface YamlKind<Schema extends z.ZodType> {
  readonly schema: Schema;
  /** The problem of an empty file: `it must hold table: and columns:`. */
  readonly required: string;
  /** Top-level keys whose values are taken as text, as they are written: a code 0012 is not the number 12. */
  readonly verbatim?: readonly string[];
  readonly invalid: (problem: string, cause?: unknown) => Error;
}

/** @throws FILE_NOT_FOUND, FILE_IS_DIRECTORY, FILE_NOT_PERMITTED */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw asFileFailure(error, path, "read");
  }
}

/** @throws the kind's error, with the place in the file and what it may hold there */
export function parseYaml<Schema extends z.ZodType>(text: string, kind: YamlKind<Schema>): z.output<Schema> {
  const content = contentOf(text, kind);
  if (content === null || typeof content !== "object" || Array.isArray(content)) {
    throw kind.invalid(kind.required);
  }
  const parsed = kind.schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  // If a required key is misspelled, the misspelling says more than that the key is missing.
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  throw kind.invalid(describe(issue as z.core.$ZodIssue, kind.schema));
}

function contentOf<Schema extends z.ZodType>(text: string, kind: YamlKind<Schema>): unknown {
  try {
    if (text.length > maxCharacters) throw new Error(`it is longer than ${maxCharacters} characters`);
    // Its own check compares each key with all before it.
    const document = parseDocument(text, { uniqueKeys: false });
    if (document.errors[0] !== undefined) throw document.errors[0];
    requireUniqueKeys(document, text);
    for (const key of kind.verbatim ?? []) {
      const node = document.get(key, true);
      if (isNode(node)) visit(node, { Scalar: keepAsWritten });
    }
    return document.toJS();
  } catch (error) {
    const problem = (error as Error).message.split("\n")[0]?.replace(/[:.]$/, "") ?? "";
    const hint = error instanceof YAMLParseError ? quotingHint(error, text) : "";
    throw kind.invalid(`it is not YAML: ${problem}${hint}`, error);
  }
}

/** Far more than a person writes. */
const maxCharacters = 1_000_000;

function requireUniqueKeys(document: Document, text: string): void {
  const lines = new LineCounter();
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          for (const end of text.matchAll(/^/gm)) lines.addNewLine(end.index);
          const { line } = lines.linePos(key.range?.[0] ?? 0);
          throw new Error(`the key ${String(key.value)} is there twice, again at line ${line}`);
        }
        seen.add(key.value);
      }
    },
  });
}

/** Shows the line with quotes around its whole value, if that is what it needs: SQL's quotes end a value of YAML too early. */
function quotingHint({ code, linePos }: YAMLParseError, text: string): string {
  const quotable = [
    "UNEXPECTED_TOKEN",
    "BLOCK_AS_IMPLICIT_KEY",
    "BAD_SCALAR_START",
    "MULTILINE_IMPLICIT_KEY",
  ];
  const line = text.split(/\r?\n/)[(linePos?.[0].line ?? 0) - 1] ?? "";
  const [, key, value = ""] = /^\s*(?:- )?([\w.]+):\s+(\S.*?)\s*$/.exec(line) ?? [];
  if (!quotable.includes(code) || key === undefined || /^[{[|>]/.test(value)) return "";
  const quoted = /["\\]/.test(value) ? `'${value.replaceAll("'", "''")}'` : `"${value}"`;
  return `; put quotes around the whole value: ${key}: ${quoted}`;
}

function keepAsWritten(_key: unknown, scalar: Scalar): void {
  if (typeof scalar.value !== "string" && scalar.value !== null) scalar.value = scalar.source;
}

function describe(issue: z.core.$ZodIssue, schema: z.ZodType): string {
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, issue.path);
    const [key = ""] = issue.keys;
    const hint = didYouMean(key, known) ?? `known are ${known.join(", ")}`;
    return `${placeOf([...issue.path, key])} is not known; ${hint}`;
  }
  const missing = issue.code === "invalid_type" && /undefined/.test(issue.message);
  return `${placeOf(issue.path)} ${missing ? "is missing" : issue.message}`;
}

/** `windows[0].days` */
function placeOf(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) =>
      typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${String(step)}`,
    )
    .join("");
}

/** The keys that an object may have at a place in the schema. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const inner = schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema;
  const [step, ...rest] = path;
  if (inner instanceof z.ZodArray) return keysAt(inner.element as z.ZodType, rest);
  if (!(inner instanceof z.ZodObject)) return [];
  return step === undefined ? Object.keys(inner.shape) : keysAt(inner.shape[String(step)] as z.ZodType, rest);
}
