import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openOutput } from "../../src/frame/output/index.ts";
import { publishFolder } from "../../src/frame/output/publish.ts";
import { block, FramesToWrite, futureColumns, hashes, trainingColumns, write } from "./support/output.ts";

const given = new FramesToWrite();

describe("a frame appears", () => {
  test("when it is complete, with the usual permissions of this user, in the place of an earlier frame", async () => {
    const place = given.newFolder();
    const out = join(place, "x.parquet");
    await write(given.engine, { out, blocks: [10] });
    const before = hashes(place);
    const output = await openOutput(given.engine, { out, training: trainingColumns, future: futureColumns });
    await output.append("training", block("training", 0, 1000));
    const [own] = readdirSync(place).filter((name) => name.startsWith("."));
    expect(own).toMatch(/^\.forecastlab-frame-/);
    expect(statSync(join(place, own ?? "")).mode & 0o777).toBe(0o700);
    expect(hashes(place)).toMatchObject(before);
    await output.publish((files) => ({ files }));
    expect(readdirSync(place).sort()).toEqual(["x.future.parquet", "x.manifest.json", "x.parquet"]);
    const umask = process.umask();
    for (const name of readdirSync(place)) {
      expect(statSync(join(place, name)).mode & 0o777, name).toBe(0o666 & ~umask);
    }
    const { files } = JSON.parse(readFileSync(output.manifest, "utf8"));
    expect(files).toEqual([
      { path: "x.parquet", frame: "training", rows: 1000, ...bytesAndHash(place, "x.parquet") },
      { path: "x.future.parquet", frame: "future", rows: 0, ...bytesAndHash(place, "x.future.parquet") },
    ]);
  });

  test("as a folder in the place of an empty folder or of an earlier frame, which is replaced as a whole", async () => {
    const place = given.newFolder();
    const out = join(place, "frames");
    mkdirSync(out);
    await write(given.engine, { out: `${out}/`, partitionBy: ["region"], blocks: [1000] });
    expect(existing(out)).toContain("train/region=Nord%2FOst/data_0.parquet");
    expect(statSync(out).mode & 0o777).toBe(0o777 & ~process.umask());
    await write(given.engine, { out, partitionBy: ["year"], blocks: [1000] });
    expect(existing(out)).toEqual([
      "future/year=2023/data_0.parquet",
      "manifest.json",
      "train/year=2023/data_0.parquet",
      "train/year=2024/data_0.parquet",
      "train/year=2025/data_0.parquet",
    ]);
    expect(readdirSync(place)).toEqual(["frames"]);
  });

  test("not at all after an error in the middle, and an earlier frame stays as it was", async () => {
    const place = given.newFolder();
    const out = join(place, "x.arrow");
    await write(given.engine, { out });
    const before = hashes(place);
    for (const partitionBy of [[], ["year"]]) {
      const output = await openOutput(given.engine, {
        out: partitionBy.length === 0 ? out : join(place, "frames"),
        partitionBy,
        training: trainingColumns,
        future: futureColumns,
      });
      await output.append("training", block("training", 0, 10));
      const failing = block("training", 0, 1000).replace("NULL", "error('in the middle')");
      await expect(
        output.append("training", failing.replace('"y"', "if(n = 900, error('in the middle'), y) AS y")),
      ).rejects.toThrow("in the middle");
      await output.discard();
    }
    const output = await openOutput(given.engine, { out, training: trainingColumns, future: futureColumns });
    const broken = output.publish(() => {
      throw new Error("no manifest");
    });
    await expect(broken).rejects.toThrow("no manifest");
    await output.discard();
    expect(hashes(place)).toEqual(before);
  });
});

describe("when a file cannot be put in its place", () => {
  test("no manifest is next to files that it does not describe", async () => {
    const place = given.newFolder();
    const out = join(place, "x.csv");
    await write(given.engine, { out });
    const output = await openOutput(given.engine, { out, training: trainingColumns, future: futureColumns });
    rmSync(output.future);
    mkdirSync(output.future);
    await expect(output.publish(() => ({}))).rejects.toMatchObject({ code: "FILE_IS_DIRECTORY" });
    await output.discard();
    expect(readdirSync(place).sort()).toEqual(["x.csv", "x.future.csv"]);
  });

  test("a folder that another process puts there at the same time stays", async () => {
    const place = given.newFolder();
    const [out, mine] = [join(place, "frames"), join(place, "mine")];
    for (const folder of [join(out, "train"), mine]) mkdirSync(folder, { recursive: true });
    const staged = { out: mine, training: "", future: "", manifest: "" };
    const target = { ...staged, out, parent: place, format: "parquet" } as const;
    // The folder for the earlier frame does not exist: publishing goes on as if there had been no earlier frame.
    const publishing = publishFolder(staged, target, join(place, "none/aside"));
    await expect(publishing).rejects.toMatchObject({ code: "FRAME_OUTPUT_EXISTS" });
    expect(readdirSync(out)).toEqual(["train"]);
  });

  test("an earlier folder is put back", async () => {
    const place = given.newFolder();
    const out = join(place, "frames");
    await write(given.engine, { out, partitionBy: ["year"] });
    const before = hashes(out);
    const staged = { out: join(place, "none"), training: "", future: "", manifest: "" };
    const target = { ...staged, out, parent: place, format: "parquet" } as const;
    await expect(publishFolder(staged, target, join(place, "aside"))).rejects.toThrow("ENOENT");
    expect(hashes(out)).toEqual(before);
    expect(readdirSync(place)).toEqual(["frames"]);
  });
});

describe("a place is refused before any work is done", () => {
  const columns = { training: trainingColumns, future: futureColumns };
  const refusal = async (request: { out: string; format?: "csv"; partitionBy?: string[] }) =>
    await openOutput(given.engine, { ...request, ...columns }).then(
      () => expect.unreachable(request.out),
      (error: { code: string; message: string }) => ({ code: error.code, message: error.message }),
    );

  test.for([
    ["frame", undefined, "FRAME_FORMAT_UNKNOWN", "the name has no ending"],
    ["frame.csv.gz", undefined, "FRAME_FORMAT_UNKNOWN", "the ending .gz is not that of a format"],
    ["frame.parquet", "csv", "FRAME_FORMAT_UNKNOWN", "ends in .parquet, and the format asked for is csv"],
    ["none/frame.csv", undefined, "FILE_UNWRITABLE", "there is no folder"],
    ["folder.csv", undefined, "FRAME_OUTPUT_EXISTS", "it is a folder"],
    ["frame.csv/", undefined, "FILE_UNWRITABLE", "it names a folder"],
    ["folder.csv/file/x/frame.csv", undefined, "FILE_UNWRITABLE", "its folder does not exist"],
    [`${"x".repeat(250)}.csv`, undefined, "FILE_UNWRITABLE", "its name is too long"],
    ["circle/frame.csv", undefined, "FILE_UNWRITABLE", "its links lead in a circle"],
  ] as const)("%s, format %s: %s", async ([name, format, code, problem]) => {
    const place = given.newFolder();
    mkdirSync(join(place, "folder.csv"));
    writeFileSync(join(place, "folder.csv/file"), "");
    symlinkSync("circle", join(place, "circle"));
    const refused = await refusal({ out: join(place, name), ...(format && { format }) });
    expect(refused).toMatchObject({ code, message: expect.stringContaining(problem) });
    expect(readdirSync(place).sort()).toEqual(["circle", "folder.csv"]);
  });

  test.for([
    [["y"], "the future frame has no column y"],
    [["horizon_step"], "no column horizon_step"],
    [["is_imputed"], "the future frame has no column is_imputed"],
    [["number"], "number is DOUBLE"],
    [["unique_id"], "unique_id must stay in the files"],
    [["year", "year"], "named more than once"],
    [["yaer"], "did you mean year?"],
  ] as const)("partitioned by %s: %s", async ([partitionBy, problem]) => {
    const place = given.newFolder();
    const refused = await refusal({ out: join(place, "x"), partitionBy: [...partitionBy] });
    expect(refused).toMatchObject({
      code: "FRAME_PARTITION_INVALID",
      message: expect.stringContaining(problem),
    });
    expect(readdirSync(place)).toEqual([]);
  });

  test("an Arrow frame in a folder", async () => {
    const refused = await refusal({ out: join(given.newFolder(), "x.arrow"), partitionBy: ["year"] });
    expect(refused.message).toContain("an Arrow frame is one file");
  });

  test("a folder that contains anything but a frame, which stays as it is", async () => {
    const place = given.newFolder();
    const out = join(place, "frames");
    mkdirSync(join(out, "train"), { recursive: true });
    const refused = () => refusal({ out, partitionBy: ["year"] });
    expect((await refused()).message).toContain("no manifest of a frame");
    writeFileSync(join(out, "manifest.json"), '{"name": "an extension"}');
    expect((await refused()).message).toContain("no manifest of a frame");
    rmSync(out, { recursive: true });
    await write(given.engine, { out, partitionBy: ["year"] });
    writeFileSync(join(out, "notes.txt"), "mine");
    expect(await refused()).toMatchObject({
      code: "FRAME_OUTPUT_EXISTS",
      message: expect.stringContaining("notes.txt, which is not part of a frame"),
    });
    writeFileSync(join(place, "file"), "mine");
    const file = await refusal({ out: join(place, "file"), partitionBy: ["year"] });
    expect(file.message).toContain("it is a file");
    symlinkSync(out, join(place, "link"));
    const link = await refusal({ out: join(place, "link"), partitionBy: ["year"] });
    expect(link.message).toContain("it is a link");
    expect(readdirSync(place).sort()).toEqual(["file", "frames", "link"]);
    expect(existing(out)).toContain("notes.txt");
  });

  test("a folder without write permission", async () => {
    const locked = join(given.newFolder(), "locked");
    mkdirSync(locked, { mode: 0o555 });
    // Root can write everywhere except where nobody can.
    const refused = await refusal({ out: join(process.getuid?.() === 0 ? "/proc/sys" : locked, "x.csv") });
    expect(refused.code).toMatch(/^FILE_(NOT_PERMITTED|UNWRITABLE)$/);
  });
});

function existing(place: string): string[] {
  return Object.keys(hashes(place));
}

function bytesAndHash(place: string, name: string): { bytes: number; sha256: string | undefined } {
  return { bytes: statSync(join(place, name)).size, sha256: hashes(place)[name] };
}
