import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { databaseOf, withClient } from "../../src/database/connection.ts";
import { embeddedUrl, openEmbedded } from "../../src/database/embedded/index.ts";
import { removeFolder } from "../support/temporary.ts";
import {
  ask,
  filledHome,
  newHome,
  noSync,
  run,
  settingsOf,
  statusOf,
  temporaryFolder,
} from "./support/embedded.ts";

const folder = temporaryFolder();

describe("the home", () => {
  it("may have any name that a folder can have", async () => {
    const home = await filledHome(folder, `it's "so", $HOME \\n ü`);
    const server = await openEmbedded(settingsOf(home));
    expect(await ask(home, "SELECT current_user")).toEqual(["forecastlab"]);
    const { hostname } = new URL(await embeddedUrl(settingsOf(home)));
    expect(decodeURIComponent(hostname)).toBe(join(home, "socket"));
    await server.close();
  });

  it("may be too deep for a socket, which is then in a short private folder, the same one every time", async () => {
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

    // A folder of that name that others can enter is not used.
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

  it("may not be a folder with other files, which is left unchanged", async () => {
    const home = newHome(folder);
    mkdirSync(home);
    chmodSync(home, 0o755);
    writeFileSync(join(home, "README.txt"), "mine");
    const before = statSync(home);
    const { status, stderr } = await run(home, ["db", "start"]);
    expect(status).toBe(1);
    expect(stderr).toContain(
      "holds other files; the embedded server needs a folder of its own. [EMBEDDED_HOME_TAKEN]",
    );
    expect(readdirSync(home)).toEqual(["README.txt"]);
    expect(statSync(home)).toMatchObject({ mode: before.mode, uid: before.uid });
  });

  it("may not be a file, nor a path below one", async () => {
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

describe("without unix sockets", () => {
  it("a server listens on a random port of the loopback interface, and needs a random password", async () => {
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
