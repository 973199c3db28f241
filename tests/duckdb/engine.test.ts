import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { withEngine } from "../../src/duckdb/engine.ts";

const folder = mkdtempSync(join(tmpdir(), "forecastlab-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("the engine", () => {
  test("has a folder only this user can read, which is gone afterwards, also after an error", async () => {
    let own = "";
    const failing = withEngine(undefined, async (engine) => {
      own = engine.folder;
      expect(statSync(own).mode & 0o777).toBe(0o700);
      await engine.run(`COPY (SELECT 1) TO '${own}/x.csv'`);
      expect(readdirSync(own)).toEqual(["x.csv"]);
      throw new Error("broken");
    });
    await expect(failing).rejects.toThrow("broken");
    expect(existsSync(own)).toBe(false);
  });

  test("once confined reaches the files it was given and its folder, and no others", async () => {
    const [given, other] = [join(folder, "given.csv"), join(folder, "other.csv")];
    for (const path of [given, other]) writeFileSync(path, "a\n1\n");
    await withEngine(undefined, async (engine) => {
      await engine.confine([given]);
      expect(await engine.count(`SELECT count(*) FROM read_csv('${given}')`)).toBe(1);
      await engine.run(`COPY (SELECT 1) TO '${engine.folder}/x.csv'`);
      for (const sql of [
        `SELECT * FROM read_csv('${other}')`,
        `SELECT * FROM read_text('${other}')`,
        `COPY (SELECT 1) TO '${folder}/new.csv'`,
        `ATTACH '${folder}/new.duckdb'`,
        "INSTALL httpfs",
        "SET enable_external_access = true",
        `SET allowed_directories = ['${folder}']`,
      ]) {
        await expect(engine.run(sql), sql).rejects.toThrow(/Permission|Invalid Input|disabled|HTTP|install/i);
      }
    });
    expect(readdirSync(folder).sort()).toEqual(["given.csv", "other.csv"]);
  });

  test("stops a running statement when it is interrupted, with the interruption as the reason", async () => {
    const interruption = new AbortController();
    const started = performance.now();
    const endless = withEngine(interruption.signal, (engine) =>
      engine.run("SELECT count(*) FROM range(1000000) AS a, range(1000000) AS b WHERE a.range * b.range = 7"),
    );
    setTimeout(() => interruption.abort(new Error("enough")), 200);
    await expect(endless).rejects.toThrow("enough");
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test("spills to its folder what memory does not hold, and says so when that does not do", async () => {
    await withEngine(undefined, async (engine) => {
      await engine.run("SET memory_limit = '30MB'");
      await engine.run("CREATE TABLE t AS SELECT range AS n, 'text ' || range AS s FROM range(1500000)");
      expect(await engine.count("SELECT count(*) FROM (SELECT s FROM t ORDER BY s DESC)")).toBe(1_500_000);
      expect(readdirSync(engine.folder)).toContain("spill");
    });
    const exhausted = withEngine(undefined, async (engine) => {
      await engine.run("SET memory_limit = '20MB'");
      await engine.run("SET max_temp_directory_size = '1MB'");
      await engine.run("CREATE TABLE t AS SELECT range AS n, 'text ' || range AS s FROM range(3000000)");
    });
    await expect(exhausted).rejects.toMatchObject({ code: "SPACE_EXHAUSTED" });
  });
});
