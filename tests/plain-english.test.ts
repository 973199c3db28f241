import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/* Phrases that a reader from the field stumbles over; docs/style.md has what to write instead. */

const phrases: readonly (readonly [phrase: RegExp, write: string])[] = [
  [/\b(one|a) (row|line|file|value) a (day|series|row|month|store|product)\b/i, "one row per series and day"],
  [/\bmend(ed|s|ing)?\b/i, "fix"],
  [/\banew\b/i, "again"],
  [/what becomes of/i, "what happens to"],
  [/speaks of/i, "refers to"],
  [/\bstands (in|for|there)\b/i, "is"],
];

const root = fileURLToPath(new URL("../", import.meta.url));
const texts = ["src", "docs", "examples", "bench", "tests"]
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((path) => `${folder}/${path}`),
  )
  .concat("README.md")
  .filter((path) => /\.(ts|mjs|md|sql|yaml)$/.test(path) && path !== "tests/plain-english.test.ts");

test.for(phrases)("%s is written: %s", ([phrase]) => {
  const found = texts.flatMap((path) =>
    readFileSync(join(root, path), "utf8")
      .split("\n")
      .flatMap((line, index) => (phrase.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
  );
  expect(found).toEqual([]);
});
