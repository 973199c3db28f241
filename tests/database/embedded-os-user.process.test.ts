import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findBinaries } from "../../src/database/embedded/binaries.ts";
import { openEmbedded } from "../../src/database/embedded/index.ts";
import { defaultOsUser, osUserOf } from "../../src/database/embedded/os-user.ts";
import { preparePackage } from "../../src/database/embedded/prepare-package.ts";
import { runProgram } from "../../src/database/embedded/programs.ts";
import { removeFolder } from "../support/temporary.ts";
import {
  ask,
  asRoot,
  filledHome,
  native,
  newHome,
  noSync,
  run,
  settingsOf,
  statusOf,
  temporaryFolder,
} from "./support/embedded.ts";

const folder = temporaryFolder();

describe.runIf(asRoot)("as root", () => {
  const osUser = asRoot ? defaultOsUser() : osUserOf({ uid: 0, gid: 0 });
  /** Folders that these tests make outside the temporary one. */
  const outside: string[] = [];
  afterAll(() => {
    for (const path of outside) removeFolder(path);
  });

  it("the server runs as another user, which owns the data", async () => {
    const home = await filledHome(folder);
    const server = await openEmbedded(settingsOf(home));
    const { pid } = await statusOf(home);
    expect(statSync(`/proc/${pid}`).uid).toBe(osUser.uid);
    for (const name of ["", "data", "socket", "server.log"])
      expect(statSync(join(home, name)).uid).toBe(osUser.uid);
    await server.close();
  });

  it("a home that the user of the server cannot enter stays closed, and its data is in /var/lib", async () => {
    const closed = join(folder, "closed");
    mkdirSync(closed, { mode: 0o700 });
    const home = join(closed, "shop", ".forecastlab");
    const server = await openEmbedded(settingsOf(home), { ...noSync, parameters: { fsync: "off" } });
    const { data = "" } = await statusOf(home);
    expect(data).toMatch(/^\/var\/lib\/forecastlab\/shop-[0-9a-f]{12}\/data$/);
    const elsewhere = dirname(data);
    outside.push(elsewhere);
    expect(readlinkSync(join(home, "elsewhere"))).toBe(elsewhere);
    expect(statSync(closed)).toMatchObject({ uid: 0 });
    for (const path of [closed, home]) expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(elsewhere).uid).toBe(osUser.uid);
    expect(statSync(elsewhere).mode & 0o777).toBe(0o700);
    expect((await run(home, ["db", "status"])).stdout).toContain(`data     ${data}`);
    await server.close();

    // After its data was deleted by hand, the home is empty.
    removeFolder(elsewhere);
    expect((await statusOf(home)).state).toBe("absent");
  });

  it("programs that the user of the server cannot enter are copied once", async () => {
    const closed = join(folder, "closed-modules");
    mkdirSync(closed, { mode: 0o700 });
    const package_ = join(closed, "package");
    cpSync(native, join(package_, "native"), { recursive: true, verbatimSymlinks: true });
    cpSync(join(native, "..", "package.json"), join(package_, "package.json"));
    // As after an installation with a strict umask.
    execFileSync("chmod", ["-R", "go=", package_]);
    const copies = join(folder, "copies");
    const [first, second] = await Promise.all(
      [1, 2].map(() => preparePackage(join(package_, "native"), osUser, copies)),
    );
    expect(first).toBe(
      join(copies, `postgresql-${JSON.parse(readFileSync(join(package_, "package.json"), "utf8")).version}`),
    );
    expect(second).toBe(first);
    expect(readdirSync(copies)).toHaveLength(1);
    const { status, output } = await runProgram(join(first ?? "", "bin", "postgres"), ["--version"], {
      osUser,
    });
    expect({ status, output }).toEqual({
      status: 0,
      output: expect.stringMatching(/^postgres \(PostgreSQL\) 18/),
    });
    const third = await preparePackage(join(package_, "native"), osUser, copies);
    expect(third).toBe(first);
  });

  describe("another user's home", () => {
    const nobody = osUserOf({ uid: 65_534, gid: 65_534 });
    /** A copy of PostgreSQL for the user nobody, because the checkout may be in a folder of root. */
    let bin: string;
    beforeAll(async () => {
      const copy = join(folder, "for-nobody");
      await preparePackage(native, undefined, folder);
      cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
      execFileSync("chmod", ["-R", "go=rX", copy]);
      bin = join(copy, "bin");
    });

    const homeOf = (owner: { uid: number; gid: number }) => {
      const home = newHome(folder);
      mkdirSync(home, { mode: 0o700 });
      chownSync(home, owner.uid, owner.gid);
      return home;
    };
    const asNobody = async (home: string) => {
      const script = fileURLToPath(new URL("support/as-another-user.mjs", import.meta.url));
      const args = [script, String(nobody.uid), String(nobody.gid), home, bin];
      const { output, errors } = await runAsRoot(process.execPath, args);
      expect(errors).toBe("");
      return JSON.parse(output);
    };

    it("is used by that user, and by root as that user, so that its files do not change their owner", async () => {
      const home = homeOf(nobody);
      const answer = { uid: nobody.uid, name: "forecastlab", version: expect.stringMatching(/^18/) };
      expect(await asNobody(home)).toEqual(answer);
      for (const name of ["", "data", "socket"]) {
        expect(statSync(join(home, name))).toMatchObject({ uid: nobody.uid });
        expect(statSync(join(home, name)).mode & 0o777).toBe(0o700);
      }

      const server = await openEmbedded(settingsOf(home, bin));
      const { pid } = await statusOf(home);
      expect(statSync(`/proc/${pid}`).uid).toBe(nobody.uid);
      await server.close();
      expect(
        readdirSync(home, { recursive: true, encoding: "utf8" }).filter(
          (path) => statSync(join(home, path)).isDirectory() && statSync(join(home, path)).uid !== nobody.uid,
        ),
      ).toEqual([]);
      expect(await asNobody(home)).toEqual(answer);
    });

    it("is refused to a third user in one sentence", async () => {
      const home = homeOf({ uid: osUser.uid === nobody.uid ? 12_345 : osUser.uid, gid: osUser.gid });
      const { error } = await asNobody(home);
      expect(error).toMatchObject({
        code: "EMBEDDED_HOME_FOREIGN",
        received: { folder: home, user: "nobody" },
      });
      expect(error.message).toMatch(/belongs to \S+( \d+)?, and this process runs as nobody\.$/);
      expect(readdirSync(home)).toEqual([]);
    });
  });

  it("a command without the right to change users fails with a message", async () => {
    const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
    const home = newHome(folder);
    const restricted = [
      "--bounding-set=-setuid,-setgid",
      process.execPath,
      program,
      "--home",
      home,
      "db",
      "start",
    ];
    const { status, errors } = await runAsRoot("setpriv", restricted);
    expect(status).toBe(1);
    expect(errors).toMatch(
      /refuses to run as root, and the command may not run a program as the user .*EPERM.*\[EMBEDDED_ACCOUNT_UNUSABLE\]/,
    );
  });

  it("a home that was given to root is refused", async () => {
    const home = await filledHome(folder);
    chownSync(home, 0, 0);
    await expect(ask(home, "SELECT 1")).rejects.toMatchObject({
      code: "EMBEDDED_HOME_UNUSABLE",
      message: expect.stringContaining("it belongs to root, as whom PostgreSQL will not run"),
    });
  });
});

describe.runIf(!asRoot)("as an ordinary user", () => {
  it("the server runs as that user, with its data in the home", async () => {
    const home = await filledHome(folder);
    const server = await openEmbedded(settingsOf(home));
    expect(statSync(join(home, "data")).uid).toBe(process.getuid?.());
    await server.close();
  });

  it("the home of another user is refused in one sentence", async () => {
    const error = {
      code: "EMBEDDED_HOME_FOREIGN",
      message: expect.stringMatching(/belongs to root, and this process runs as/),
    };
    await expect(statusOf("/")).rejects.toMatchObject(error);
  });

  it("the links of a read-only package are added in a copy in the home", async () => {
    const bare = join(folder, "read-only");
    cpSync(native, join(bare, "native"), {
      recursive: true,
      filter: (path) => !lstatSync(path).isSymbolicLink(),
    });
    cpSync(join(native, "..", "package.json"), join(bare, "package.json"));
    chmodSync(join(bare, "native", "lib"), 0o555);
    const copy = await preparePackage(join(bare, "native"), undefined, folder);
    expect(dirname(copy)).toBe(folder);
    expect((await findBinaries(join(copy, "bin"), undefined, folder)).major).toBe(18);
    chmodSync(join(bare, "native", "lib"), 0o755);
  });
});

function runAsRoot(
  program: string,
  args: string[],
): Promise<{ status: number | null; output: string; errors: string }> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, output, errors }));
  });
}
