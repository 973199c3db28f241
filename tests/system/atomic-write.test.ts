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
import { replaceFile } from "../../src/system/atomic-write.ts";

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
