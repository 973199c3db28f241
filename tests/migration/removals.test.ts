import { describe, expect, test } from "vitest";
import { type Removal, removalsOf } from "../../src/migration/apply/removals.ts";

const rows = (table: string, column?: string): Removal => ({ kind: "rows", table, column });

describe("what a revision removes is read from its statements:", () => {
  test.for<[string, Removal[]]>([
    ["DROP TABLE store", [rows("store")]],
    [
      'drop table if exists a, only_b, "Odd, name", other."T" cascade',
      [rows("a"), rows("only_b"), rows('"Odd, name"'), rows('other."T"')],
    ],
    ["DROP /* really */ TABLE -- all of it\n  sales_daily;", [rows("sales_daily")]],
    ["TRUNCATE a, ONLY b RESTART IDENTITY", [rows("a"), rows("b")]],
    ["DELETE FROM ONLY a USING b WHERE a.id = b.id", [rows("a")]],
    ["ALTER TABLE store DROP COLUMN city", [rows("store", "city")]],
    ["ALTER TABLE IF EXISTS ONLY store DROP Region", [rows("store", "region")]],
    [
      'ALTER TABLE store ADD x numeric(8, 2) CHECK (x IN (1, 2)), DROP COLUMN IF EXISTS "A""b", ALTER y DROP DEFAULT, DROP z CASCADE',
      [rows("store", 'A"b'), rows("store", "z")],
    ],
  ])("%s", ([sql, removals]) => expect(removalsOf(sql)).toEqual(removals));

  test.for([
    "",
    "ALTER TABLE store DROP CONSTRAINT ck, ALTER COLUMN city DROP NOT NULL, ALTER x DROP IDENTITY",
    "ALTER TABLE store ADD COLUMN dropped text DEFAULT 'DROP COLUMN city'",
    "DROP INDEX ix; DROP TRIGGER t ON store; DROP FUNCTION f(); DROP EXTENSION IF EXISTS btree_gist; DROP VIEW v",
    "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'DELETE FROM store'",
    "SELECT 1; SELECT set_config('search_path', 'x', true); UPDATE store SET city = NULL; COMMENT ON TABLE a IS 'b'",
  ])("nothing: %s", (sql) => expect(removalsOf(sql)).toEqual([]));

  test.for([
    "DO $$ BEGIN DELETE FROM store; END $$",
    "CALL clean_up()",
    "SELECT clean_up(1)",
    "WITH gone AS (DELETE FROM store RETURNING *) SELECT 1",
    "DROP SCHEMA old CASCADE",
    "DROP TYPE mood CASCADE",
    "DROP OWNED BY old",
    "MERGE INTO store USING x ON true WHEN MATCHED THEN DELETE",
  ])("not known: %s", (sql) => expect(removalsOf(sql)).toEqual([{ kind: "unknown", statement: sql }]));
});
