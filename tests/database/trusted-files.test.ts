import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ensureLocation, findLocation } from "../../src/database/embedded/location.ts";
import { readSettings } from "../../src/database/settings.ts";

const asRoot = process.geteuid?.() === 0;
const nobody = 65_534;

const folders: string[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});
function newFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "forecastlab-trust-")));
  folders.push(folder);
  return folder;
}

/** A folder with a settings file. */
function configured(text = "home: data\n", mode = 0o644) {
  const folder = newFolder();
  const file = join(folder, "forecastlab.config.yaml");
  writeFileSync(file, text);
  chmodSync(file, mode);
  return { folder, file, read: () => readSettings({}, folder) };
}

/** A folder with the programs of PostgreSQL, by name only, and a settings file that names it. */
function withPrograms() {
  const bin = join(newFolder(), "bin");
  mkdirSync(bin, { mode: 0o755 });
  for (const name of ["initdb", "pg_ctl", "postgres"]) writeFileSync(join(bin, name), "", { mode: 0o755 });
  return { bin, ...configured(`postgresBin: ${bin}\n`) };
}

const untrusted = (path: string, problem: RegExp) => ({
  code: "FILE_UNTRUSTED",
  received: { path, owner: expect.any(String), mode: expect.stringMatching(/^[0-7]{4}$/) },
  message: expect.stringMatching(problem),
});

describe("a settings file", () => {
  test.for([0o644, 0o600, 0o440, 0o755])("of mode %i is read", async (mode) => {
    const { folder, read } = configured(undefined, mode);
    expect((await read()).home).toBe(join(folder, "data"));
  });

  test.for([0o664, 0o646, 0o666, 0o620])("of mode %i is refused with its owner and mode", async (mode) => {
    const { file, read } = configured(undefined, mode);
    await expect(read()).rejects.toMatchObject(untrusted(file, /others can write to it/));
    await expect(read()).rejects.toMatchObject({ received: { mode: `0${mode.toString(8)}` } });
  });

  test.runIf(asRoot)("of another user is refused, also to root", async () => {
    const { file, read } = configured();
    chownSync(file, nobody, nobody);
    await expect(read()).rejects.toMatchObject(untrusted(file, /belongs to nobody and has mode 0644/));
  });

  test.runIf(asRoot)(
    "is refused to a user if it belongs to a third one, and read if it belongs to root",
    async () => {
      const { file, read } = configured();
      vi.spyOn(process, "geteuid").mockReturnValue(4711);
      await expect(read()).resolves.toBeDefined();
      chownSync(file, nobody, nobody);
      await expect(read()).rejects.toMatchObject({ received: { owner: "nobody", user: "user 4711" } });
    },
  );

  test.runIf(asRoot)("that is a link of another user is refused, wherever it leads", async () => {
    const { file: target } = configured();
    const folder = newFolder();
    const link = join(folder, "forecastlab.config.yaml");
    symlinkSync(target, link);
    await expect(readSettings({}, folder)).resolves.toBeDefined();
    lchownSync(link, nobody, nobody);
    await expect(readSettings({}, folder)).rejects.toMatchObject(untrusted(link, /a link of another user/));
  });
});

describe("programs that a settings file names", () => {
  test("are accepted if only their owner can replace them", async () => {
    const { bin, read } = withPrograms();
    expect((await read()).postgresBin).toBe(bin);
  });

  test.for(["", "initdb", "pg_ctl", "postgres"])("are refused if others can write to %s", async (name) => {
    const { bin, read } = withPrograms();
    chmodSync(join(bin, name), 0o775);
    await expect(read()).rejects.toMatchObject(untrusted(join(bin, name), /others can write/));
  });

  test("are refused below a folder that others can write to", async () => {
    const { bin, read } = withPrograms();
    chmodSync(join(bin, ".."), 0o777);
    await expect(read()).rejects.toMatchObject(untrusted(join(bin, ".."), /in the place of/));
  });

  test.runIf(asRoot)("are refused if they belong to another user", async () => {
    const { bin, read } = withPrograms();
    chownSync(join(bin, "postgres"), nobody, nobody);
    await expect(read()).rejects.toMatchObject(untrusted(join(bin, "postgres"), /another user/));
  });

  test("are not checked if they are not used, or named by the environment", async () => {
    const { bin, folder, read } = withPrograms();
    chmodSync(bin, 0o777);
    await expect(read()).rejects.toMatchObject({ code: "FILE_UNTRUSTED" });
    await expect(readSettings({ DATABASE_URL: "postgresql://h/d" }, folder)).resolves.toBeDefined();
    await expect(readSettings({ FORECASTLAB_POSTGRES_BIN: bin }, folder)).resolves.toBeDefined();
  });
});

describe("the embedded home", () => {
  /** A home in a folder of its own, as after its creation. */
  function newHome() {
    const folder = newFolder();
    chmodSync(folder, 0o711);
    const home = join(folder, "home");
    mkdirSync(home, { mode: 0o700 });
    writeFileSync(join(home, "FORECASTLAB_HOME.txt"), "");
    // The server of root runs as the owner of the home.
    if (asRoot) chownSync(home, nobody, nobody);
    return { folder, home };
  }

  test.for([0o777, 0o733])("is refused below a folder of mode %i, existing or new", async (mode) => {
    const { folder, home } = newHome();
    expect((await findLocation(home))?.folder).toBe(home);
    chmodSync(folder, mode);
    await expect(findLocation(home)).rejects.toMatchObject(untrusted(folder, /in the place of/));
    const below = join(folder, "new", "home");
    await expect(ensureLocation(below)).rejects.toMatchObject(untrusted(folder, /in the place of/));
    // As /tmp is.
    chmodSync(folder, 0o1777);
    expect((await findLocation(home))?.folder).toBe(home);
  });

  test.runIf(asRoot)("is refused below a folder of a group, unless that is the owner's own", async () => {
    const { folder, home } = newHome();
    chmodSync(folder, 0o775);
    expect(await findLocation(home)).toBeDefined();
    chownSync(folder, 0, 4711);
    chmodSync(folder, 0o2775);
    await expect(findLocation(home)).rejects.toMatchObject({
      code: "FILE_UNTRUSTED",
      received: { path: folder, owner: "root", mode: "2775" },
    });
  });

  test.runIf(asRoot)("is refused if it is a link of another user", async () => {
    const { folder, home } = newHome();
    const link = join(folder, "link");
    symlinkSync(home, link);
    expect(await findLocation(link)).toBeDefined();
    lchownSync(link, nobody, nobody);
    await expect(findLocation(link)).rejects.toMatchObject(untrusted(link, /a link of another user/));
  });

  test("may have its data on another disk, in a folder that only its owner can change", async () => {
    const { folder, home } = newHome();
    const disk = join(folder, "disk");
    mkdirSync(disk, { mode: 0o700 });
    if (asRoot) chownSync(disk, nobody, nobody);
    symlinkSync(disk, join(home, "data"));
    expect((await findLocation(home))?.data).toBe(join(home, "data"));
    chmodSync(disk, 0o770);
    await expect(findLocation(home)).rejects.toMatchObject(untrusted(disk, /others can write to it/));
  });

  test.runIf(asRoot)("does not lead root elsewhere by links that its owner made", async () => {
    for (const name of ["data", "elsewhere"]) {
      const { home } = newHome();
      const link = join(home, name);
      symlinkSync("/etc", link);
      lchownSync(link, nobody, nobody);
      await expect(findLocation(home)).rejects.toMatchObject(untrusted(link, /a link of another user/));
    }
  });
});
