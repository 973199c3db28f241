import { fail } from "../errors.ts";

/*
 * Arguments of public functions, checked as a program in JavaScript may get them wrong. The received value is never part of the
 * message: it may be a connection string.
 */

/** What an argument must be, in words, and whether a value is that. */
export interface ArgumentKind {
  readonly what: string;
  readonly is: (value: unknown) => boolean;
}

const kind = (what: string, is: (value: unknown) => boolean): ArgumentKind => ({ what, is });

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const text = kind("a text", (value) => typeof value === "string");
export const texts = kind(
  "a list of texts",
  (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
);
export const flag = kind("true or false", (value) => typeof value === "boolean");
export const wholeNumber = kind(
  "a whole number from 0",
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
);
export const numbers = kind(
  "a list of numbers",
  (value) => Array.isArray(value) && value.every((item) => Number.isFinite(item)),
);
export const callback = kind("a function", (value) => typeof value === "function");
export const signal = kind("an AbortSignal", (value) => value instanceof AbortSignal);
export const object = kind("an object", isObject);
export const day = kind("a text YYYY-MM-DD", (value) => typeof value === "string");
export const oneOf = (values: readonly string[]): ArgumentKind =>
  kind(`one of ${values.join(", ")}`, (value) => values.includes(value as string));
/** A text or an object. */
export const textOr = (what: string): ArgumentKind =>
  kind(`a text or ${what}`, (value) => typeof value === "string" || isObject(value));
export const database = kind(
  "a Database, as databaseOf and withDatabase give it",
  (value) => isObject(value) && Array.isArray(value.routes) && typeof value.label === "string",
);

/**
 * Requires that arguments are of their kinds. One whose name ends in `?` may be undefined.
 *
 * @param of the function, for the message
 * @throws ARGUMENT_INVALID
 */
export function requireArguments(
  of: string,
  given: unknown,
  kinds: Readonly<Record<string, ArgumentKind>>,
): void {
  if (!isObject(given)) throw invalid(of, "its options", object, given);
  for (const [key, expected] of Object.entries(kinds)) {
    const name = key.replace(/\?$/, "");
    const value = given[name];
    if (value === undefined && name !== key) continue;
    if (!expected.is(value)) throw invalid(of, name, expected, value);
  }
}

const invalid = (of: string, name: string, { what }: ArgumentKind, value: unknown) =>
  fail("ARGUMENT_INVALID", { of, name, what, received: received(value) });

function received(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value === "string") return "a text";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return "a list";
  if (value instanceof Date) return "a Date";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
