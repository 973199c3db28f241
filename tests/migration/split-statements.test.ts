import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitStatements, terminated, tokensOf } from "../../src/migration/revisions/split-statements.ts";

const texts = (sql: string) => splitStatements(sql).map(({ text }) => text);

describe("a script is split where psql splits it:", () => {
  test.for([
    ["plain", "SELECT 1; SELECT 2;", ["SELECT 1", "SELECT 2"]],
    ["without a last semicolon", "SELECT 1;\nSELECT 2\n", ["SELECT 1", "SELECT 2"]],
    ["empty ones", ";;  ;\n-- nothing\n;", []],
    ["in a string", "SELECT 'a;b''c;'; SELECT 2", ["SELECT 'a;b''c;'", "SELECT 2"]],
    [
      "in a string with escapes",
      String.raw`SELECT E'a\';b'; SELECT 2`,
      [String.raw`SELECT E'a\';b'`, "SELECT 2"],
    ],
    [
      "a backslash that escapes nothing",
      String.raw`SELECT 'a\'; SELECT 2`,
      [String.raw`SELECT 'a\'`, "SELECT 2"],
    ],
    ["in a quoted name", 'SELECT "a;""b"; SELECT 2', ['SELECT "a;""b"', "SELECT 2"]],
    ["in a line comment", "SELECT 1 -- not; here\n; SELECT 2", ["SELECT 1 -- not; here", "SELECT 2"]],
    ["in nested comments", "/* a; /* b; */ c; */ SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]],
    ["in dollar quotes", "DO $$ BEGIN; END $$; SELECT 2", ["DO $$ BEGIN; END $$", "SELECT 2"]],
    ["in tagged dollar quotes", "DO $x$ $$;$$ $x$; SELECT 2", ["DO $x$ $$;$$ $x$", "SELECT 2"]],
    ["a dollar inside a name", "SELECT a$b$ FROM c$b$; SELECT 2", ["SELECT a$b$ FROM c$b$", "SELECT 2"]],
    [
      "in a SQL body",
      "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3",
      [
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
        "SELECT 3",
      ],
    ],
    [
      "in a rule's parentheses",
      "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3",
      ["CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)", "SELECT 3"],
    ],
  ] as const)("%s", ([, sql, expected]) => {
    expect(texts(sql)).toEqual(expected);
  });

  test("each statement knows its line", () => {
    const sql = "\n-- first\nSELECT 1;\n\n/* two\nlines */\nSELECT\n  2;\n";
    expect(splitStatements(sql)).toEqual([
      { text: "SELECT 1", line: 3 },
      { text: "SELECT\n  2", line: 7 },
    ]);
  });

  test("a semicolon is added to a script that does not end with one", () => {
    expect(terminated("SELECT 1; -- done\n")).toBe("SELECT 1; -- done\n");
    expect(terminated("SELECT 1 -- no end")).toBe("SELECT 1 -- no end\n;");
    expect(terminated("-- nothing")).toBe("-- nothing");
  });

  test("the tokens of any text are the text again", () => {
    const piece = fc.constantFrom(
      "'",
      '"',
      "$$",
      "$a$",
      "--",
      "/*",
      "*/",
      ";",
      "\n",
      "x",
      "E'",
      "\\",
      "(",
      ")",
      "1",
      " ",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const sql = pieces.join("");
        expect(
          tokensOf(sql)
            .map(({ text }) => text)
            .join(""),
        ).toBe(sql);
      }),
    );
  });
});
