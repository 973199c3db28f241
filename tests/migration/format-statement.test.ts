import { describe, expect, test } from "vitest";
import { formatStatement, unquoted } from "../../src/migration/generate/format-statement.ts";

describe("a statement of the diff engine is formatted:", () => {
  test.for([
    [
      "no needless quotes, no schema, spaces after commas",
      'ALTER TABLE "a" ADD CONSTRAINT "fk_a_b" FOREIGN KEY ("x","y") REFERENCES "public"."b"("x","y") ON DELETE no action ON UPDATE no action;',
      "ALTER TABLE a ADD CONSTRAINT fk_a_b FOREIGN KEY (x, y) REFERENCES b (x, y);",
    ],
    [
      "the actions of a foreign key are kept",
      'ALTER TABLE "a" ADD CONSTRAINT "f" FOREIGN KEY ("x") REFERENCES "public"."b"("x") ON DELETE cascade ON UPDATE set null;',
      "ALTER TABLE a ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES b (x) ON DELETE CASCADE ON UPDATE SET NULL;",
    ],
    [
      "no table name before a column in a check",
      'ALTER TABLE "a" ADD CONSTRAINT "ck" CHECK ("a"."x" > 0 AND "a"."y" IN (\'"a"."x"\', \'"public".\'));',
      'ALTER TABLE a ADD CONSTRAINT ck CHECK (x > 0 AND y IN (\'"a"."x"\', \'"public".\'));',
    ],
    [
      "no table name before a column in an index, no btree",
      'CREATE UNIQUE INDEX "ix" ON "a" USING btree (lower("a"."x"),"y" DESC NULLS LAST) WHERE "a"."z" > 0;',
      "CREATE UNIQUE INDEX ix ON a (lower(x), y DESC NULLS LAST) WHERE z > 0;",
    ],
    [
      "an index method other than btree is kept",
      'CREATE INDEX "ix" ON "a" USING gin ("x");',
      "CREATE INDEX ix ON a USING gin (x);",
    ],
    ["no CASCADE", 'DROP TABLE "a" CASCADE;', "DROP TABLE a;"],
    ["quotes that are needed", 'DROP TABLE "order";', 'DROP TABLE "order";'],
    [
      "an identity with PostgreSQL's default options",
      'ALTER TABLE "a" ALTER COLUMN "id" ADD GENERATED ALWAYS AS IDENTITY (sequence name "a_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1);',
      "ALTER TABLE a ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY;",
    ],
    [
      "an identity with a sequence of another name",
      'ALTER TABLE "a" ALTER COLUMN "id" ADD GENERATED ALWAYS AS IDENTITY (sequence name "numbers" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1);',
      "ALTER TABLE a ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME numbers);",
    ],
    [
      "a table on several lines",
      'CREATE TABLE "a" (\n\t"id" integer NOT NULL,\n\tCONSTRAINT "pk" PRIMARY KEY("id","x"),\n\tCONSTRAINT "uq" UNIQUE NULLS NOT DISTINCT("x")\n);\n',
      "CREATE TABLE a (\n  id integer NOT NULL,\n  CONSTRAINT pk PRIMARY KEY (id, x),\n  CONSTRAINT uq UNIQUE NULLS NOT DISTINCT (x)\n);",
    ],
  ] as const)("%s", ([, statement, expected]) => {
    expect(formatStatement(statement)).toBe(expected);
  });

  test("the statement on row level security that the engine adds to every dropped table is left out", () => {
    expect(formatStatement('ALTER TABLE "a" DISABLE ROW LEVEL SECURITY;')).toBeUndefined();
  });

  test.for([
    ['"store"', "store"],
    ['"user"', '"user"'],
    ['"Store"', '"Store"'],
    ['"two words"', '"two words"'],
    ['"date"', "date"],
    ['"timestamp"', '"timestamp"'],
    ['"1st"', '"1st"'],
  ] as const)("%s is written %s", ([quoted, expected]) => {
    expect(unquoted(quoted)).toBe(expected);
  });
});
