import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { databaseOf, withClient } from "../../src/database/connection.ts";
import { findBinaries, packageOf, usable } from "../../src/database/embedded/binaries.ts";
import { embeddedUrl, openEmbedded } from "../../src/database/embedded/index.ts";
import { accountOf, defaultAccount } from "../../src/database/embedded/os-user.ts";
import { runProgram } from "../../src/database/embedded/programs.ts";
import { removeFolder } from "../support/temporary.ts";
import {
  ask,
  asRoot,
  filledHome,
  newHome,
  run,
  settingsOf,
  statusOf,
  temporaryFolder,
} from "./support/embedded.ts";

const folder = temporaryFolder();
const noSync = { sync: false };

/** The package with PostgreSQL's programs, as npm installed it. */
const native = join(
  dirname(createRequire(import.meta.url).resolve(packageOf(process.platform, process.arch))),
  "..",
  "native",
);

describe("the home", () => {
  it("may have any name a folder can have", async () => {
    const home = await filledHome(folder, `it's "so", $HOME \\n ü`);
    const server = await openEmbedded(settingsOf(home));
    expect(await ask(home, "SELECT current_user")).toEqual(["forecastlab"]);
    const { hostname } = new URL(await embeddedUrl(settingsOf(home)));
    expect(decodeURIComponent(hostname)).toBe(join(home, "socket"));
    await server.close();
  });

  it("may lie too deep for a socket, which then stands in a short private folder, the same every time", async () => {
    const home = await filledHome(folder, `${"deep/".repeat(20)}home`);
    const server = await openEmbedded(settingsOf(home));
    const { host = "", state } = await statusOf(home);
    expect(state).toBe("running");
    expect(host).toMatch(/\/forecastlab-\w{6}$/);
    expect(lstatSync(host).mode & 0o777).toBe(0o700);
    expect(lstatSync(host).uid).toBe(statSync(join(home, "data")).uid);
    await server.close();

    const again = await openEmbedded(settingsOf(home));
    expect((await statusOf(home)).host).toBe(host);
    await again.close();

    // Somebody else's folder of that name is not used.
    chmodSync(host, 0o755);
    const other = await openEmbedded(settingsOf(home));
    const moved = (await statusOf(home)).host ?? "";
    expect(moved).not.toBe(host);
    await other.close();
    for (const path of [host, moved]) removeFolder(path);
  });

  it("may be a link to a folder on another disk", async () => {
    const [home, disk] = [newHome(folder), newHome(folder)];
    mkdirSync(disk, { mode: 0o755 });
    symlinkSync(disk, home);
    const server = await openEmbedded(settingsOf(home), noSync);
    expect(existsSync(join(disk, "data", "PG_VERSION"))).toBe(true);
    expect(statSync(disk).mode & 0o777).toBe(0o700);
    await server.close();
  });

  it("is not a folder that holds something else, and that is left as it was", async () => {
    const home = newHome(folder);
    mkdirSync(home);
    chmodSync(home, 0o755);
    writeFileSync(join(home, "README.txt"), "mine");
    const before = statSync(home);
    const { status, stderr } = await run(home, ["db", "start"]);
    expect(status).toBe(1);
    expect(stderr).toContain(
      "holds other files; the embedded server wants one of its own. [EMBEDDED_HOME_TAKEN]",
    );
    expect(readdirSync(home)).toEqual(["README.txt"]);
    expect(statSync(home)).toMatchObject({ mode: before.mode, uid: before.uid });
  });

  it("is not a file, nor below one", async () => {
    const home = newHome(folder);
    writeFileSync(home, "");
    for (const path of [home, join(home, "below")]) {
      await expect(ask(path, "SELECT 1")).rejects.toMatchObject({
        code: "EMBEDDED_HOME_UNUSABLE",
        message: expect.stringMatching(/: it is not a folder\.$/),
      });
    }
  });
});

describe("where there are no unix sockets", () => {
  it("a server listens on a port of the loopback interface, and wants a password: both random", async () => {
    const homes = [newHome(folder), newHome(folder)] as const;
    const servers = await Promise.all(
      homes.map((home) => openEmbedded(settingsOf(home), { ...noSync, transport: "loopback" })),
    );
    const urls = await Promise.all(homes.map(async (home) => new URL(await embeddedUrl(settingsOf(home)))));
    const [url, other] = [urls[0] as URL, urls[1] as URL];
    expect(url.hostname).toBe("127.0.0.1");
    expect(Number(url.port)).toBeGreaterThan(1024);
    expect(url.port).not.toBe(other.port);
    expect(url.password).toMatch(/^[\w-]{32}$/);
    expect(url.password).not.toBe(other.password);

    const [home] = homes;
    expect(statSync(join(home, "password")).mode & 0o777).toBe(0o600);
    expect(existsSync(join(home, "socket"))).toBe(false);
    const settings = "SELECT current_setting('listen_addresses'), current_setting('unix_socket_directories')";
    expect(await ask(home, settings)).toEqual(["127.0.0.1", ""]);

    const shown = await run(home, ["db", "url"]);
    expect(shown.stdout).toBe(`${String(url).replace(url.password, "***")}\n`);
    expect((await run(home, ["db", "status", "--json"])).stdout).not.toContain(url.password);

    url.password = other.password;
    const login = withClient(databaseOf(url.href), async () => {});
    await expect(login).rejects.toMatchObject({ code: "DATABASE_LOGIN_REFUSED" });
    await Promise.all(servers.map((server) => server.close()));
  });
});

describe("PostgreSQL's programs", () => {
  const copyOfPackage = (name: string, filter = (_: string) => true) => {
    const copy = join(folder, name);
    cpSync(native, join(copy, "native"), {
      recursive: true,
      filter: (path) => !lstatSync(path).isSymbolicLink() && filter(path),
    });
    cpSync(join(native, "..", "package.json"), join(copy, "package.json"));
    return join(copy, "native");
  };

  it("get the links that an install script would have made, from whichever command needs them first", async () => {
    const bare = copyOfPackage("bare");
    const links: { target: string }[] = JSON.parse(readFileSync(join(bare, "pg-symlinks.json"), "utf8"));
    expect(links.length).toBeGreaterThan(0);
    expect(links.filter(({ target }) => existsSync(join(bare, "..", target)))).toEqual([]);
    const ready = await Promise.all([1, 2, 3].map(() => usable(bare, undefined, folder)));
    expect(ready).toEqual([bare, bare, bare]);
    expect(links.filter(({ target }) => !existsSync(join(bare, "..", target)))).toEqual([]);
    expect((await findBinaries(join(bare, "bin"), undefined, folder)).major).toBe(18);
  });

  it("that miss a library are named, with what the loader said", async () => {
    const broken = copyOfPackage("broken", (path) => !/libxml2|libicu/.test(path));
    const settings = { FORECASTLAB_POSTGRES_BIN: join(broken, "bin") };
    const { status, stderr } = await run(newHome(folder), ["db", "start"], settings);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /broken\/native\/bin\/postgres does not start: .*(libxml2|libicu).*\[EMBEDDED_BINARIES_UNUSABLE\]/,
    );
    expect(stderr).toMatch(/DATABASE_URL.*FORECASTLAB_POSTGRES_BIN/);
  });

  it("may be those of an installed PostgreSQL; a folder without them is refused", async () => {
    const { status, stderr } = await run(newHome(folder), ["db", "start"], {
      FORECASTLAB_POSTGRES_BIN: folder,
    });
    expect(status).toBe(2);
    expect(stderr).toContain(`${folder} has no initdb, pg_ctl, postgres. [SETTING_INVALID]`);
  });

  const debian = "/usr/lib/postgresql/15/bin";
  it.runIf(existsSync(debian))("of PostgreSQL 15 make a warehouse with the system's C.UTF-8", async () => {
    const settings = settingsOf(newHome(folder), debian);
    const server = await openEmbedded(settings, noSync);
    const sql = `SELECT datcollate, datctype, pg_encoding_to_char(encoding) AS encoding, current_setting('jit') AS jit
      FROM pg_database WHERE datname = 'forecastlab'`;
    const { rows } = await withClient(server.database, (client) => client.query(sql));
    expect(rows).toEqual([{ datcollate: "C.UTF-8", datctype: "C.UTF-8", encoding: "UTF8", jit: "off" }]);
    await server.close();
  });
});

describe.runIf(asRoot)("as root", () => {
  const account = asRoot ? defaultAccount() : accountOf({ uid: 0, gid: 0 });
  /** Folders outside the temporary one that these tests leave behind. */
  const outside: string[] = [];
  afterAll(() => {
    for (const path of outside) removeFolder(path);
  });

  it("the server runs as another user, who owns the data", async () => {
    const home = await filledHome(folder);
    const server = await openEmbedded(settingsOf(home));
    const { pid } = await statusOf(home);
    expect(statSync(`/proc/${pid}`).uid).toBe(account.uid);
    for (const name of ["", "data", "socket", "server.log"])
      expect(statSync(join(home, name)).uid).toBe(account.uid);
    await server.close();
  });

  it("a home the server's user cannot get to stays closed; its data goes below /var/lib", async () => {
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
    expect(statSync(elsewhere).uid).toBe(account.uid);
    expect(statSync(elsewhere).mode & 0o777).toBe(0o700);
    expect((await run(home, ["db", "status"])).stdout).toContain(`data     ${data}`);
    await server.close();

    // Its data deleted by hand, there is nothing in the home.
    removeFolder(elsewhere);
    expect((await statusOf(home)).state).toBe("absent");
  });

  it("programs the server's user cannot get to are copied once", async () => {
    const closed = join(folder, "closed-modules");
    mkdirSync(closed, { mode: 0o700 });
    const package_ = join(closed, "package");
    cpSync(native, join(package_, "native"), { recursive: true, verbatimSymlinks: true });
    cpSync(join(native, "..", "package.json"), join(package_, "package.json"));
    // As an installation under a strict umask leaves them.
    execFileSync("chmod", ["-R", "go=", package_]);
    const copies = join(folder, "copies");
    const [first, second] = await Promise.all(
      [1, 2].map(() => usable(join(package_, "native"), account, copies)),
    );
    expect(first).toBe(
      join(copies, `postgresql-${JSON.parse(readFileSync(join(package_, "package.json"), "utf8")).version}`),
    );
    expect(second).toBe(first);
    expect(readdirSync(copies)).toHaveLength(1);
    const { status, output } = await runProgram(join(first ?? "", "bin", "postgres"), ["--version"], {
      account,
    });
    expect({ status, output }).toEqual({
      status: 0,
      output: expect.stringMatching(/^postgres \(PostgreSQL\) 18/),
    });
    const third = await usable(join(package_, "native"), account, copies);
    expect(third).toBe(first);
  });

  describe("another user's home", () => {
    const nobody = accountOf({ uid: 65_534, gid: 65_534 });
    /** Where nobody finds PostgreSQL: the checkout itself may lie in a folder of root's. */
    let bin: string;
    beforeAll(async () => {
      const copy = join(folder, "for-nobody");
      await usable(native, undefined, folder);
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

    it("serves them without root, for themselves alone; and for root as that user, so that it stays theirs", async () => {
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

    it("made by root is refused to an ordinary user in one sentence", async () => {
      const home = homeOf({ uid: account.uid === nobody.uid ? 12_345 : account.uid, gid: account.gid });
      const { error } = await asNobody(home);
      expect(error).toMatchObject({
        code: "EMBEDDED_HOME_FOREIGN",
        received: { folder: home, user: "nobody" },
      });
      expect(error.message).toMatch(/belongs to \S+( \d+)?, and the command runs as nobody\.$/);
      expect(readdirSync(home)).toEqual([]);
    });
  });

  it("without the right to change users says so", async () => {
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

  it("a home given to root afterwards is not served", async () => {
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

  it("somebody else's home is refused in one sentence", async () => {
    const error = {
      code: "EMBEDDED_HOME_FOREIGN",
      message: expect.stringMatching(/belongs to root, and the command runs as/),
    };
    await expect(statusOf("/")).rejects.toMatchObject(error);
  });

  it("a package one may not write to is completed in a copy in the home", async () => {
    const bare = join(folder, "read-only");
    cpSync(native, join(bare, "native"), {
      recursive: true,
      filter: (path) => !lstatSync(path).isSymbolicLink(),
    });
    cpSync(join(native, "..", "package.json"), join(bare, "package.json"));
    chmodSync(join(bare, "native", "lib"), 0o555);
    const copy = await usable(join(bare, "native"), undefined, folder);
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
