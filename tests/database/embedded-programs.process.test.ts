import { cpSync, existsSync, lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withClient } from "../../src/database/connection.ts";
import { findBinaries } from "../../src/database/embedded/binaries.ts";
import { openEmbedded } from "../../src/database/embedded/index.ts";
import { preparePackage } from "../../src/database/embedded/prepare-package.ts";
import { native, newHome, noSync, run, settingsOf, temporaryFolder } from "./support/embedded.ts";

const folder = temporaryFolder();

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

  it("get the links that the install script would have made, even if several commands need them at once", async () => {
    const bare = copyOfPackage("bare");
    const links: { target: string }[] = JSON.parse(readFileSync(join(bare, "pg-symlinks.json"), "utf8"));
    expect(links.length).toBeGreaterThan(0);
    expect(links.filter(({ target }) => existsSync(join(bare, "..", target)))).toEqual([]);
    const ready = await Promise.all([1, 2, 3].map(() => preparePackage(bare, undefined, folder)));
    expect(ready).toEqual([bare, bare, bare]);
    expect(links.filter(({ target }) => !existsSync(join(bare, "..", target)))).toEqual([]);
    expect((await findBinaries(join(bare, "bin"), undefined, folder)).major).toBe(18);
  });

  it("with a missing library are named, with the message of the loader", async () => {
    const broken = copyOfPackage("broken", (path) => !/libxml2|libicu/.test(path));
    const settings = { FORECASTLAB_POSTGRES_BIN: join(broken, "bin") };
    const { status, stderr } = await run(newHome(folder), ["db", "start"], settings);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /broken\/native\/bin\/postgres does not start: .*(libxml2|libicu).*\[EMBEDDED_BINARIES_UNUSABLE\]/,
    );
    expect(stderr).toMatch(/DATABASE_URL.*FORECASTLAB_POSTGRES_BIN/);
  });

  it("that are missing in the folder of the setting are named", async () => {
    const { status, stderr } = await run(newHome(folder), ["db", "start"], {
      FORECASTLAB_POSTGRES_BIN: folder,
    });
    expect(status).toBe(2);
    expect(stderr).toContain(`${folder} has no initdb, pg_ctl, postgres. [SETTING_INVALID]`);
  });

  const debian = "/usr/lib/postgresql/15/bin";
  it.runIf(existsSync(debian))(
    "may be those of an installed PostgreSQL 15, which uses the C.UTF-8 of the system",
    async () => {
      const settings = settingsOf(newHome(folder), debian);
      const server = await openEmbedded(settings, noSync);
      const sql = `SELECT datcollate, datctype, pg_encoding_to_char(encoding) AS encoding, current_setting('jit') AS jit
      FROM pg_database WHERE datname = 'forecastlab'`;
      const { rows } = await withClient(server.database, (client) => client.query(sql));
      expect(rows).toEqual([{ datcollate: "C.UTF-8", datctype: "C.UTF-8", encoding: "UTF8", jit: "off" }]);
      await server.close();
    },
  );
});
