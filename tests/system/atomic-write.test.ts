import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createFile, replaceFile } from "../../src/system/atomic-write.ts";

describe("replacing a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "forecastlab-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const fresh = (name: string) => join(mkdtempSync(join(folder, "case-")), name);

  test("makes a new one with the mode asked for", async () => {
    const path = fresh("a.txt");
    await replaceFile(path, "text", { mode: 0o600 });
    expect(readFileSync(path, "utf8")).toBe("text");
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("takes bytes piece by piece", async () => {
    const path = fresh("a.txt");
    await replaceFile(
      path,
      (async function* () {
        yield Buffer.from("one ");
        yield Buffer.from("two");
      })(),
    );
    expect(readFileSync(path, "utf8")).toBe("one two");
  });

  test("replaces a link and leaves the file it points to", async () => {
    const path = fresh("a.txt");
    const other = `${path}.other`;
    writeFileSync(other, "keep me");
    symlinkSync(other, path);
    await replaceFile(path, "new");
    expect([readFileSync(other, "utf8"), readFileSync(path, "utf8")]).toEqual(["keep me", "new"]);
    expect(lstatSync(path).isSymbolicLink()).toBe(false);
  });

  test("leaves the old file and nothing else if the content fails midway", async () => {
    const path = fresh("a.txt");
    writeFileSync(path, "old");
    const failing = (async function* () {
      yield Buffer.from("half");
      throw new Error("the source broke");
    })();
    await expect(replaceFile(path, failing)).rejects.toThrow("the source broke");
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(join(path, ".."))).toEqual(["a.txt"]);
  });
});

describe("creating a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "forecastlab-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("takes the first name that is free, and leaves what has the others", async () => {
    const [taken, linked, free] = ["taken", "linked", "free"].map((name) => join(folder, name));
    const other = join(folder, "other");
    writeFileSync(taken as string, "keep me");
    symlinkSync(other, linked as string);
    const names = [taken, linked, free] as [string, ...string[]];
    expect(await createFile(names, "new", { mode: 0o600 })).toBe(free);
    expect(readFileSync(taken as string, "utf8")).toBe("keep me");
    expect(readdirSync(folder).sort()).toEqual(["free", "linked", "taken"]);
    expect(statSync(free as string).mode & 0o777).toBe(0o600);
    await expect(createFile(names, "more")).rejects.toMatchObject({ code: "EEXIST" });
    expect(readFileSync(free as string, "utf8")).toBe("new");
  });

  test("gives every writer a name of its own, however many there are at once", async () => {
    const own = mkdtempSync(join(folder, "case-"));
    const names = Array.from({ length: 20 }, (_, n) => join(own, `${n}`)) as [string, ...string[]];
    const given = await Promise.all(names.map((_, n) => createFile(names, `content ${n}`)));
    expect(new Set(given).size).toBe(20);
    given.forEach((name, n) => {
      expect(readFileSync(name, "utf8")).toBe(`content ${n}`);
    });
    expect(readdirSync(own)).toHaveLength(20);
  });

  test("leaves nothing if the content fails midway", async () => {
    const own = mkdtempSync(join(folder, "case-"));
    const failing = (async function* () {
      yield Buffer.from("half");
      throw new Error("the source broke");
    })();
    await expect(createFile([join(own, "a")], failing)).rejects.toThrow("the source broke");
    expect(readdirSync(own)).toEqual([]);
  });
});
