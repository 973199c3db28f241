import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  chainOf,
  findRevision,
  ownMigrations,
  parseRevision,
  readRevisions,
} from "../../src/migration/revisions/revisions.ts";

const file = (id: string, parent: string, body = "-- up\nSELECT 1;\n-- down\nSELECT 2;\n") =>
  parseRevision(`${id}.sql`, `-- revision: ${id}\n-- parent: ${parent}\n${body}`);

describe("a revision file", () => {
  test("has both directions, each with the line it starts on", () => {
    const revision = parseRevision(
      "folder/0002_b.sql",
      "-- revision: 0002_b\n-- parent: 0001_a\n-- why it is\n\n-- up\n\nCREATE TABLE b ();\n\n-- down\n\nDROP TABLE b;\n",
    );
    expect(revision).toMatchObject({
      id: "0002_b",
      parent: "0001_a",
      transactional: true,
      up: { sql: "\nCREATE TABLE b ();\n", line: 6 },
      down: { sql: "\nDROP TABLE b;\n", line: 10 },
    });
  });

  test("may opt out of the transaction", () => {
    const revision = file("0001_a", "none", "-- transaction: none\n-- up\nSELECT 1;\n-- down\nSELECT 2;\n");
    expect(revision).toMatchObject({ parent: undefined, transactional: false });
  });

  test("has the same checksum with Windows line endings, and another one after an edit", () => {
    const content = "-- revision: a\n-- parent: none\n-- up\nSELECT 1;\n-- down\n";
    const checksum = parseRevision("a.sql", content).checksum;
    expect(parseRevision("a.sql", `\ufeff${content.replaceAll("\n", "\r\n")}`).checksum).toBe(checksum);
    expect(parseRevision("a.sql", content.replace("1", "2")).checksum).not.toBe(checksum);
  });

  const head = "-- revision: a\n-- parent: none\n";
  test.for([
    ["no upgrade", `${head}-- down\n`, 'no line "-- up"'],
    ["no downgrade", `${head}-- up\nSELECT 1;\n`, 'no line "-- down"'],
    ["two downgrades", `${head}-- up\n-- down\n-- down\n`, 'one line "-- down"'],
    ["the downgrade before the upgrade", `${head}-- down\n-- up\n`, 'one line "-- down"'],
    ["another name inside", "-- revision: b\n-- parent: none\n-- up\n-- down\n", '"-- revision: a"'],
    ["no parent line", "-- revision: a\n-- up\n-- down\n", 'no line "-- parent:'],
    ["an unknown transaction mode", `${head}-- transaction: maybe\n-- up\n-- down\n`, 'not "maybe"'],
    ["SQL in the header", `${head}DROP TABLE x;\n-- up\n-- down\n`, '"DROP TABLE x;" is before'],
    ["a COMMIT of its own", `${head}-- up\nSELECT 1;\ncommit;\n-- down\n`, "line 5 contains COMMIT"],
    ["a BEGIN of its own", `${head}-- up\n-- down\nBEGIN;\n`, "line 5 contains BEGIN"],
  ] as const)("with %s is refused, and the error names the file", ([, content, problem]) => {
    expect(() => parseRevision("a.sql", content)).toThrow(problem);
    expect(() => parseRevision("a.sql", content)).toThrow("a.sql");
  });

  test("may contain BEGIN and COMMIT inside a function", () => {
    const body =
      "-- up\nCREATE FUNCTION f() RETURNS int AS $$ BEGIN RETURN 1; END $$ LANGUAGE plpgsql;\n-- down\n";
    expect(file("0001_a", "none", body).up.sql).toContain("BEGIN RETURN");
  });
});

test.for(["head", "base", "it's", "a:b", "-1", "+1", "ü"])("a revision cannot be named %s", (id) => {
  expect(() => file(id, "none")).toThrow("its name may only contain");
});

describe("the chain", () => {
  test("is ordered by parents, not by names", () => {
    const chain = chainOf([file("0001_b", "0002_a"), file("0003_c", "0001_b"), file("0002_a", "none")]);
    expect(chain.map(({ id }) => id)).toEqual(["0002_a", "0001_b", "0003_c"]);
  });

  test("of an empty folder is empty", () => {
    expect(chainOf([])).toEqual([]);
  });

  test.for([
    [
      "two heads, both named",
      [file("1_a", "none"), file("2_b", "1_a"), file("3_c", "2_b"), file("2_d", "1_a")],
      "2_d and 3_c, which branch after 1_a",
    ],
    [
      "two first revisions",
      [file("1_a", "none"), file("1_b", "none")],
      "1_a and 1_b, which branch after none",
    ],
    ["a missing parent", [file("1_a", "none"), file("3_c", "2_b")], "3_c names 2_b as its parent"],
    ["a cycle", [file("1_a", "2_b"), file("2_b", "1_a")], "1_a, 2_b form a cycle"],
    [
      "a cycle next to a chain",
      [file("0_z", "none"), file("1_a", "2_b"), file("2_b", "1_a")],
      "1_a, 2_b form a cycle",
    ],
    ["two files with the same name", [file("1_a", "none"), file("1_a", "none")], "both named 1_a"],
  ] as const)("with %s is refused", ([, revisions, problem]) => {
    expect(() => chainOf(revisions)).toThrow(problem);
  });

  test("of a folder that does not exist is an error that names the folder", () => {
    expect(() => readRevisions("nowhere")).toThrow("nowhere");
  });

  test("is read without the other files in the folder", () => {
    const folder = mkdtempSync(join(tmpdir(), "revisions-"));
    writeFileSync(join(folder, "0001_a.sql"), "-- revision: 0001_a\n-- parent: none\n-- up\n-- down\n");
    writeFileSync(join(folder, "model.json"), "{}");
    writeFileSync(join(folder, "README.md"), "");
    expect(readRevisions(folder).map(({ id }) => id)).toEqual(["0001_a"]);
  });

  test("of the warehouse starts with the tables of the specification", () => {
    expect(readRevisions(ownMigrations)[0]?.id).toBe("0001_create_data_platform_tables");
  });
});

describe("a revision is found by its id or the beginning of it", () => {
  const chain = [
    { id: "0001_create" },
    { id: "0002_add_a" },
    { id: "0002_add_b" },
    { id: "0003" },
    { id: "00031" },
  ];

  test.for([
    ["0001", "0001_create"],
    ["0001_create", "0001_create"],
    ["0002_add_b", "0002_add_b"],
    ["0003", "0003"],
  ] as const)("%s is %s", ([wanted, id]) => {
    expect(findRevision(chain, wanted).id).toBe(id);
  });

  test("unless no id begins so: the error lists the known ones", () => {
    expect(() => findRevision(chain, "0009")).toThrow(
      expect.objectContaining({ code: "REVISION_UNKNOWN", action: expect.stringContaining("0001_create") }),
    );
    expect(() => findRevision(chain, "")).toThrow(expect.objectContaining({ code: "REVISION_UNKNOWN" }));
  });

  test("unless several ids begin so: the error lists them", () => {
    expect(() => findRevision(chain, "0002")).toThrow(
      expect.objectContaining({ action: "Write more of the name: 0002_add_a, 0002_add_b." }),
    );
  });
});
