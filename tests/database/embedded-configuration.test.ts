import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  authenticationText,
  configurationText,
  fitsSocketPath,
} from "../../src/database/embedded/configuration.ts";
import { scramVerifier } from "../../src/database/embedded/password.ts";
import { serverParameters } from "../../src/database/embedded/server-parameters.ts";

const gigabyte = 2 ** 30;

describe("the parameters of the server", () => {
  const machine = fc.record({
    memory_bytes: fc.integer({ min: 256 * 2 ** 20, max: 512 * gigabyte }),
    processors: fc.integer({ min: 1, max: 256 }),
    sharedMemory_bytes: fc.option(fc.integer({ min: 0, max: 64 * gigabyte }), { nil: undefined }),
  });
  const bytes = (text = "") => Number(/^(\d+)MB$/.exec(text)?.[1]) * 2 ** 20;

  it("use at most 60 % of the memory of any machine", () => {
    fc.assert(
      fc.property(machine, (any) => {
        const { shared_buffers, maintenance_work_mem, work_mem } = serverParameters(any);
        const largest = bytes(shared_buffers) + 2 * bytes(maintenance_work_mem) + 4 * bytes(work_mem);
        expect(largest).toBeGreaterThan(0);
        expect(largest).toBeLessThan(any.memory_bytes * 0.6);
      }),
    );
  });

  it("never shrink on a machine with more memory", () => {
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

  it("are sensible for a laptop and for a small container", () => {
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

  it("do not use a small /dev/shm for parallel queries, and never switch off durability", () => {
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

describe("the configuration files of the server", () => {
  it("make it listen on no port if it has a socket", () => {
    const text = configurationText({ kind: "socket", folder: "/home/me/.forecastlab/socket" }, {});
    expect(text).toContain(`listen_addresses = ''`);
    expect(text).toContain(`unix_socket_directories = '"/home/me/.forecastlab/socket"'`);
    expect(authenticationText({ kind: "socket", folder: "/s" })).not.toMatch(/^host/m);
  });

  it("make it listen only on the loopback interface if it has no socket, and require a password", () => {
    const text = configurationText({ kind: "loopback", port: 49_152 }, {});
    expect(text).toContain(`listen_addresses = '127.0.0.1'`);
    expect(text).toContain(`port = '49152'`);
    expect(text).toContain(`unix_socket_directories = ''`);
    expect(authenticationText({ kind: "loopback", port: 49_152 })).toBe(
      "host all all 127.0.0.1/32 scram-sha-256\n",
    );
  });

  it("make it listen on the loopback interface next to its socket if it has a port, and require a password there", () => {
    const transport = { kind: "socket", folder: "/home/me/.forecastlab/socket", port: 5433 } as const;
    const text = configurationText(transport, {});
    expect(text).toContain(`listen_addresses = '127.0.0.1'`);
    expect(text).toContain(`port = '5433'`);
    expect(text).toContain(`unix_socket_directories = '"/home/me/.forecastlab/socket"'`);
    expect(authenticationText(transport)).toBe(
      "local all all trust\nlocal replication all trust\nhost all all 127.0.0.1/32 scram-sha-256\n",
    );
  });

  it("know a password by the verifier of RFC 7677's example", () => {
    const salt = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
    expect(scramVerifier("pencil", salt, 4096)).toBe(
      "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
    );
  });

  it("quote any name of a folder so that PostgreSQL reads it back", () => {
    const name = fc.string({ unit: fc.constantFrom("a", "ü", " ", ",", "'", '"', "\\", "\n", "#", "$") });
    fc.assert(
      fc.property(name, (any) => {
        const text = configurationText({ kind: "socket", folder: `/${any}` }, {});
        const line = text.split("\n").find((candidate) => candidate.startsWith("unix_socket_directories"));
        expect(folderIn(line ?? "")).toBe(`/${any}`);
      }),
    );
  });

  /** The folder as PostgreSQL reads it: first the string of the configuration file, then the quoted element of the list. */
  function folderIn(line: string): string {
    const value = /= '(.*)'$/su.exec(line)?.[1] ?? "";
    const list = value.replaceAll(/''|\\(.)/gsu, (pair, escaped) =>
      pair === "''" ? "'" : escaped === "n" ? "\n" : escaped,
    );
    return list.slice(1, -1).replaceAll('""', '"');
  }

  it("limit the path of a socket by its length in bytes", () => {
    expect(fitsSocketPath(`/${"x".repeat(80)}`)).toBe(true);
    expect(fitsSocketPath(`/${"x".repeat(90)}`)).toBe(false);
    expect(fitsSocketPath(`/${"ü".repeat(80)}`)).toBe(false);
  });
});
