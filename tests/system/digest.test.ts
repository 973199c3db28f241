import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { hexOf, sha256, sha256OfFile, sha256OfText } from "../../src/system/digest.ts";

const path = join(tmpdir(), `forecastlab-test-digest-${process.pid}`);
afterAll(() => rmSync(path, { force: true }));

test("a text, a file and pieces of the same bytes have one digest", async () => {
  writeFileSync(path, "abc");
  // The example of FIPS 180-4.
  const known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  expect(sha256OfText("abc")).toBe(known);
  expect(await sha256OfFile(path)).toBe(known);
  expect(hexOf(sha256().update("a").update(Buffer.from("bc")))).toBe(known);
});

test("a file that cannot be read is named as the user named it", async () => {
  await expect(sha256OfFile("/nowhere/x", { name: "sales.csv" })).rejects.toMatchObject({
    code: "FILE_NOT_FOUND",
    received: { path: "sales.csv" },
  });
});
