import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { integer, type PgColumnBuilderBase, pgTable, text } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  type DiffEngine,
  isNewer,
  loadDiffEngine,
  ownModel,
} from "../../src/migration/generate/drizzle-kit.ts";
import { emptySnapshot, snapshotPath, snapshotText } from "../../src/migration/generate/snapshot.ts";
import { sectionBetween, statementsBetween } from "../../src/migration/generate/statements-between.ts";
import { writeRevision } from "../../src/migration/index.ts";
import { ownMigrations } from "../../src/migration/revisions/revisions.ts";
import { replaceFile } from "../../src/system/atomic-write.ts";

vi.mock("../../src/system/atomic-write.ts", { spy: true });

let engine: DiffEngine;
beforeAll(async () => {
  engine = await loadDiffEngine();
});

const folder = mkdtempSync(join(tmpdir(), "forecastlab-model-"));
afterAll(() => rmSync(folder, { recursive: true }));
const migrations = mkdtempSync(join(folder, "migrations-"));

describe("the committed snapshot", () => {
  test("is the snapshot of the model, byte by byte", async () => {
    expect(readFileSync(snapshotPath(ownMigrations), "utf8")).toBe(
      snapshotText(engine.snapshotOf(await ownModel())),
    );
  });

  test("contains no random values: two snapshots of one model are the same text", async () => {
    const [one, two] = [engine.snapshotOf(await ownModel()), engine.snapshotOf(await ownModel())];
    expect(snapshotText(one)).toBe(snapshotText(two));
  });
});

describe("the statements between two models", () => {
  const item = (columns: Record<string, PgColumnBuilderBase>) =>
    engine.snapshotOf({ item: pgTable("item", columns) });

  test("are none if the models are the same", async () => {
    expect(await statementsBetween(engine, item({ a: integer() }), item({ a: integer() }))).toEqual([]);
  });

  test("that add and drop a column are made without a question, and say how to write a rename", async () => {
    expect(await sectionBetween(engine, item({ a: integer() }), item({ b: integer() }))).toBe(
      `-- Added: b. Dropped: a. For a rename, replace ADD and DROP with:
-- ALTER TABLE item RENAME COLUMN a TO b;
ALTER TABLE item ADD COLUMN b integer;
ALTER TABLE item DROP COLUMN a;`,
    );
  });

  test("have comments where a person has to decide something", async () => {
    const before = item({ a: text(), b: text() });
    const after = item({ a: integer(), b: text().notNull(), c: integer().notNull() });
    expect(await sectionBetween(engine, before, after)).toBe(
      `-- PostgreSQL does not convert text to integer by itself: add USING with an expression of a.
ALTER TABLE item ALTER COLUMN a SET DATA TYPE integer;
-- Fails if b is NULL in any row: fill it first.
ALTER TABLE item ALTER COLUMN b SET NOT NULL;
-- Fails if the table has rows: add a DEFAULT, or add the column without NOT NULL, fill it, then SET NOT NULL.
ALTER TABLE item ADD COLUMN c integer NOT NULL;`,
    );
  });

  test("to an empty model drop referring tables before the tables they refer to, and never use CASCADE", async () => {
    const statements = await statementsBetween(engine, engine.snapshotOf(await ownModel()), emptySnapshot);
    expect(statements.every((statement) => /^DROP TABLE \w+;$/.test(statement))).toBe(true);
    expect(statements.indexOf("DROP TABLE sales_daily;")).toBeLessThan(
      statements.indexOf("DROP TABLE store;"),
    );
  });
});

test("a model that was edited after the build is detected", () => {
  const [source, compiled] = [mkdtempSync(join(folder, "src-")), mkdtempSync(join(folder, "dist-"))];
  writeFileSync(join(compiled, "tables.js"), "");
  utimesSync(join(compiled, "tables.js"), 100, 100);
  writeFileSync(join(source, "tables.ts"), "");
  utimesSync(join(source, "tables.ts"), 99, 99);
  expect(isNewer(source, compiled)).toBe(false);
  utimesSync(join(source, "tables.ts"), 101, 101);
  expect(isNewer(source, compiled)).toBe(true);
  expect(isNewer(join(folder, "not-there"), compiled)).toBe(false);
});

describe("writeRevision", () => {
  const model = { item: pgTable("item", { a: integer() }) };

  test("writes both directions, nothing if nothing changed, and the next number", async () => {
    const written = await writeRevision({ folder: migrations, model, message: "Add the item, at last" });
    expect(written).toMatchObject({ revision: "0001_add_the_item_at_last", parent: null });
    expect(readFileSync(written.path ?? "", "utf8")).toBe(`-- revision: 0001_add_the_item_at_last
-- parent: none
-- Generated from the model. Read it before you apply it, and edit by hand what a diff cannot know: renames,
-- USING for changes of type, and what the model cannot express (partitions, triggers, exclusion constraints).

-- up

CREATE TABLE item (
  a integer
);

-- down

DROP TABLE item;
`);
    expect(await writeRevision({ folder: migrations, model, message: "again" })).toMatchObject({
      revision: null,
      path: null,
    });
    expect(await writeRevision({ folder: migrations, message: "by hand", empty: true })).toMatchObject({
      revision: "0002_by_hand",
      parent: "0001_add_the_item_at_last",
    });
    expect(readdirSync(migrations).sort()).toEqual([
      "0001_add_the_item_at_last.sql",
      "0002_by_hand.sql",
      "model.json",
    ]);
  });

  test("leaves no file behind if one of the two files cannot be written", async () => {
    const file = join(folder, "a-file");
    writeFileSync(file, "");
    await expect(writeRevision({ folder: join(file, "inside"), model, message: "x" })).rejects.toThrow(
      expect.objectContaining({ code: "FILE_UNWRITABLE" }),
    );
    const blocked = mkdtempSync(join(folder, "blocked-"));
    vi.mocked(replaceFile).mockRejectedValueOnce(Object.assign(new Error("full"), { code: "ENOSPC" }));
    await expect(writeRevision({ folder: blocked, model, message: "x" })).rejects.toThrow(
      expect.objectContaining({ code: "FILE_UNWRITABLE" }),
    );
    expect(readdirSync(blocked)).toEqual([]);
  });

  test("refuses a message without a letter or digit", async () => {
    await expect(writeRevision({ folder: migrations, model, message: "…" })).rejects.toThrow(
      "must contain a letter or digit",
    );
  });
});
