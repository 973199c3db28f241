import { execFileSync } from "node:child_process";
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type LoadRequest, load } from "../../src/ingest/index.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { query, Workspace } from "./support/load.ts";

/* Where rejected rows are written: never over something that somebody may still need. */

const database = await freshDatabase();
const workspace = new Workspace();

const columns = "code,name,city";
const good = "G1,good,here";
/** The name is missing. */
const faulty = "F1,,there";
const some = { maxRejects: { percent: 100 } };

/** Loads stores in a working folder of its own. */
async function loadIn(folder: string, request: Partial<LoadRequest>) {
  const before = process.cwd();
  process.chdir(folder);
  try {
    return await load(database, { table: "store", files: ["stores.csv"], ...some, again: true, ...request });
  } finally {
    process.chdir(before);
  }
}

let folders = 0;
/** A folder with a file of a good and a faulty row. */
function folderWithStores(): string {
  const folder = workspace.path(`folder-${++folders}`);
  mkdirSync(folder);
  writeFileSync(join(folder, "stores.csv"), `${columns}\n${good}\n${faulty}\n`);
  return folder;
}

const rejectsHeader = `${columns},_file,_record,_codes,_why`;

describe("without a path", () => {
  test("rejects get a new file, also for loads in the same second", async () => {
    const folder = folderWithStores();
    const names: (string | null)[] = [];
    for (let load = 1; load <= 3; load++) names.push((await loadIn(folder, {})).rejects_file);
    expect(new Set(names).size).toBe(3);
    for (const name of names) {
      expect(name).toMatch(/^rejects-store-\d{8}T\d{6}Z-[123]\.csv$/);
      const path = join(folder, name ?? "");
      expect(readFileSync(path, "utf8")).toMatch(new RegExp(`^${rejectsHeader}\n${faulty},stores.csv,2,`));
      expect(statSync(path).mode & 0o777).toBe(0o600);
    }
    expect(readdirSync(folder)).toHaveLength(4);
  });

  test("a fixed rejects file with a row that is still wrong stays as it is, and that row gets a new file", async () => {
    const folder = folderWithStores();
    const fixed = `${rejectsHeader}\nM1,fixed,x,stores.csv,7,VALUE_MISSING,\nM2,,x,stores.csv,8,VALUE_MISSING,\n`;
    const name = "rejects-store-20240131T064500Z-1.csv";
    for (const dryRun of [true, false]) {
      writeFileSync(join(folder, name), fixed);
      const result = await loadIn(folder, { files: [name], dryRun });
      expect(result).toMatchObject({ read: 2, rejected: 1 });
      expect(readFileSync(join(folder, name), "utf8")).toBe(fixed);
      if (dryRun) expect(result.rejects_file).toBeNull();
      else
        expect(readFileSync(join(folder, result.rejects_file ?? ""), "utf8")).toContain("M2,,x,stores.csv,8");
    }
    expect(readdirSync(folder)).toHaveLength(3);
  });

  test("a dry run writes no file, and counts the same", async () => {
    const folder = folderWithStores();
    const result = await loadIn(folder, { dryRun: true });
    expect(result).toMatchObject({ rejected: 1, rejects_file: null, reject_codes: { VALUE_MISSING: 1 } });
    expect(result.first_rejects).toHaveLength(1);
    expect(readdirSync(folder)).toEqual(["stores.csv"]);
  });
});

/** A folder with everything that rejects must not replace, of which one file was loaded. */
async function folderToKeep() {
  const folder = folderWithStores();
  const at = (name: string) => join(folder, name);
  writeFileSync(at("before.csv"), `${columns}\n${good}\n`);
  writeFileSync(at("fixed.csv"), `${rejectsHeader}\n${good},a,1,X,x\n`);
  writeFileSync(at("old.csv"), `${rejectsHeader}\n`);
  writeFileSync(at("notes.txt"), "my notes");
  writeFileSync(at("empty"), "");
  writeFileSync(at("m.yaml"), "table: store\ncolumns: { code: code, name: name }\n");
  mkdirSync(at("sub"));
  symlinkSync("stores.csv", at("link.csv"));
  symlinkSync("old.csv", at("old-link.csv"));
  symlinkSync("new.csv", at("nowhere.csv"));
  symlinkSync(".", at("around"));
  linkSync(at("stores.csv"), at("hard.csv"));
  execFileSync("mkfifo", [at("pipe")]);
  const contents = () =>
    readdirSync(folder).map((name) => {
      const facts = lstatSync(at(name));
      return [name, facts.ino, facts.mode, facts.isFile() ? readFileSync(at(name), "utf8") : ""];
    });
  await query(database, "TRUNCATE store CASCADE");
  await loadIn(folder, { files: ["before.csv"], mapping: "m.yaml" });
  return { folder, contents };
}

describe("with a path", () => {
  let refusing: ReturnType<typeof folderToKeep>;
  beforeAll(async () => {
    refusing = folderToKeep();
    await refusing;
  });

  test("a new file is made, and an earlier rejects file is replaced, also by a dry run", async () => {
    const folder = folderWithStores();
    for (const dryRun of [false, true]) {
      const result = await loadIn(folder, { rejects: "mine.csv", dryRun });
      expect(result.rejects_file).toBe("mine.csv");
      expect(readFileSync(join(folder, "mine.csv"), "utf8").split("\n")).toHaveLength(3);
      writeFileSync(join(folder, "mine.csv"), `${rejectsHeader},_line\nold,old,old,old,1,X,x,\n`);
    }
    expect(readdirSync(folder).sort()).toEqual(["mine.csv", "stores.csv"]);
  });

  test.for([
    ["a source", "stores.csv", "it is one of the files to load"],
    ["a link to a source", "link.csv", "it is a link"],
    ["a hard link to a source", "hard.csv", "it is one of the files to load"],
    ["a source through a linked folder", "around/stores.csv", "it is one of the files to load"],
    ["a source that was loaded before", "before.csv", "it is one of the files to load"],
    ["a source that is a rejects file", "fixed.csv", "it is one of the files to load"],
    ["the mapping", "m.yaml", "it is the mapping"],
    ["a folder", "sub", "it is a folder"],
    ["the working folder", "", "it is a folder"],
    ["a link to a rejects file", "old-link.csv", "it is a link"],
    ["a link that leads nowhere", "nowhere.csv", "it is a link"],
    ["a pipe", "pipe", "it is a pipe"],
    ["an empty file", "empty", "it exists and is not a rejects file"],
    ["another file", "notes.txt", "it exists and is not a rejects file"],
    ["a device", "/dev/null", "it is a device"],
    ["standard output as a device", "/dev/stdout", "it is a link"],
    [
      "standard output by its usual name",
      "-",
      "rows are not written to standard output, where the result goes",
    ],
  ])("%s is refused before anything is loaded", async ([, rejects, problem]) => {
    const { folder, contents } = await refusing;
    const before = contents();
    const request = { files: ["before.csv", "stores.csv", "fixed.csv"], mapping: "m.yaml", again: false };
    for (const dryRun of [true, false]) {
      await expect(loadIn(folder, { ...request, rejects, dryRun })).rejects.toMatchObject({
        code: "REJECTS_PATH_REFUSED",
        received: { path: rejects, problem },
      });
    }
    expect(contents()).toEqual(before);
    expect(statSync("/dev/null").isFile()).toBe(false);
    expect(await query(database, "SELECT code FROM store")).toEqual([{ code: "G1" }]);
  });

  test("a rejects file that a pattern or a folder leads to is refused", async () => {
    const folder = folderWithStores();
    const fixed = `${rejectsHeader}\n${good},a,1,X,x\n`;
    writeFileSync(join(folder, "fixed.csv"), fixed);
    for (const files of [["f*.csv"], ["."]]) {
      await expect(loadIn(folder, { files, rejects: "fixed.csv" })).rejects.toMatchObject({
        code: "REJECTS_PATH_REFUSED",
        received: { problem: "it is one of the files to load" },
      });
    }
    expect(readFileSync(join(folder, "fixed.csv"), "utf8")).toBe(fixed);
  });

  test("a folder that does not exist is reported before anything is loaded", async () => {
    const folder = folderWithStores();
    const steps: string[] = [];
    const loading = loadIn(folder, { rejects: "no/r.csv", onStep: (step) => void steps.push(step) });
    await expect(loading).rejects.toMatchObject({ code: "FILE_UNWRITABLE" });
    expect(steps).toEqual([]);
  });

  test("a file that somebody makes there during the load is not replaced", async () => {
    const folder = folderWithStores();
    let made = false;
    const loading = loadIn(folder, {
      rejects: "r.csv",
      onProgress: ({ phase }) => {
        if (phase !== "check" || made) return;
        made = true;
        writeFileSync(join(folder, "r.csv"), "my notes");
      },
    });
    await expect(loading).rejects.toMatchObject({ code: "REJECTS_PATH_REFUSED" });
    expect(readFileSync(join(folder, "r.csv"), "utf8")).toBe("my notes");
  });
});

test("links that are planted where rejects could go are not followed", async () => {
  const folder = folderWithStores();
  const victim = join(folder, "victim");
  writeFileSync(victim, "keep me");
  const plant = (name: string) => symlinkSync(victim, join(folder, name));
  plant(`r.csv.${process.pid}.tmp`);
  const seconds = [0, 1, 2, 3, 4, 5].map((second) =>
    new Date(Date.now() + second * 1000).toISOString().replace(/\.\d+/, "").replaceAll(/[-:]/g, ""),
  );
  for (const time of seconds) plant(`rejects-store-${time}-1.csv`);
  const { rejects_file } = await loadIn(folder, {});
  expect(rejects_file).toMatch(/-2\.csv$/);
  await loadIn(folder, { rejects: "r.csv" });
  expect(readFileSync(victim, "utf8")).toBe("keep me");
});
