import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ask, asRoot, filledHome, newHome, run, statusOf, temporaryFolder } from "./support/embedded.ts";

const folder = temporaryFolder();
let home: string;
let port: number;
beforeEach(async () => {
  home = await filledHome(folder);
  port = await freePort();
});
afterEach(async () => {
  await run(home, ["db", "stop", "--force"]);
});

const startOnPort = () => run(home, ["db", "start", "--port", String(port)]);
const tcpUrl = async () => (await run(home, ["db", "url", "--tcp", "--show-password"])).stdout.trim();
const passwordOf = (url: string) => new URL(url).password;

describe("db start --port", () => {
  it("lets a driver connect through the port of 127.0.0.1 with the password, and only with it", async () => {
    const started = await startOnPort();
    expect(started).toMatchObject({ status: 0 });
    expect(started.stdout).toContain(`It listens on 127.0.0.1, port ${port}, with a password.`);
    const url = await tcpUrl();
    expect(url).toMatch(
      new RegExp(
        `^postgresql://forecastlab:[\\w-]{32}@127\\.0\\.0\\.1:${port}/forecastlab\\?sslmode=disable$`,
      ),
    );
    expect(await selected(url, "SELECT 1 AS found")).toEqual([{ found: 1 }]);
    const stored = await selected(
      url,
      "SELECT rolpassword FROM pg_authid WHERE rolname = current_user AND rolpassword LIKE 'SCRAM-SHA-256$4096:%'",
    );
    expect(stored).toHaveLength(1);

    const refused = { code: "28P01" };
    await expect(selected(url.replace(/:[\w-]{32}@/, ":wrong@"), "SELECT 1")).rejects.toMatchObject(refused);
    await expect(selected(url.replace("forecastlab:", "postgres:"), "SELECT 1")).rejects.toMatchObject(
      refused,
    );
    await expect(selected(url.replace(/:[\w-]{32}@/, "@"), "SELECT 1")).rejects.toThrow(/password/);

    // The socket needs none, as before.
    expect(await ask(home, "SELECT 1")).toEqual([1]);
    const socket = (await run(home, ["db", "url"])).stdout.trim();
    expect(socket).toBe(`postgresql://forecastlab@/forecastlab?host=${join(home, "socket")}&port=${port}`);
    expect(await statusOf(home)).toMatchObject({ listens: true, port, keeps_running: true });
    expect((await run(home, ["db", "status"])).stdout).toContain(`socket and 127.0.0.1:${port}\n`);
  });

  it.skipIf(process.platform !== "linux")(
    "listens on 127.0.0.1 only, and without --port on nothing",
    async () => {
      await startOnPort();
      expect(listeners((await statusOf(home)).pid)).toEqual([`0100007F:${hex(port)}`]);
      await run(home, ["db", "stop"]);

      await run(home, ["db", "start"]);
      const server = await statusOf(home);
      expect(server).toMatchObject({ state: "running", listens: false });
      expect(listeners(server.pid)).toEqual([]);
      const none = await run(home, ["db", "url", "--tcp"]);
      expect(none).toMatchObject({ status: 1, stdout: "" });
      expect(none.stderr).toContain("already running, without a port");
      expect(none.stderr).toContain("[EMBEDDED_NOT_LISTENING]");
    },
  );

  it("keeps the password over restarts, in a file only its owner can read", async () => {
    await startOnPort();
    const password = passwordOf(await tcpUrl());
    await run(home, ["db", "stop"]);
    expect((await startOnPort()).status).toBe(0);
    const again = await tcpUrl();
    expect(passwordOf(again)).toBe(password);
    expect(await selected(again, "SELECT 1 AS found")).toEqual([{ found: 1 }]);

    const file = join(home, "password");
    expect(readFileSync(file, "utf8")).toBe(`${password}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(home).mode & 0o777).toBe(0o700);
    expect(statSync(file).uid).toBe(statSync(join(home, "data")).uid);
    if (asRoot) {
      const other = { uid: 65_000, gid: 65_000, stdio: "pipe" as const };
      expect(() => execFileSync("cat", [file], other)).toThrow(/Permission denied/);
    }
  });

  it("shows the password to db url --show-password only, and to no log", async () => {
    const outputs = [await startOnPort(), await startOnPort()];
    const password = passwordOf(await tcpUrl());
    await selected((await tcpUrl()).replace(password, "wrong"), "SELECT 1").catch(() => {});
    const masked = await run(home, ["db", "url", "--tcp"]);
    expect(masked.stdout).toContain(`forecastlab:***@127.0.0.1:${port}/`);
    outputs.push(masked, await run(home, ["db", "url"]), await run(home, ["db", "url", "--tcp", "--json"]));
    outputs.push(await run(home, ["db", "status", "--json"]), await run(home, ["db", "stop", "--verbose"]));
    for (const { stdout, stderr } of outputs) expect(stdout + stderr).not.toContain(password);
    for (const name of readdirSync(home).filter((name) => name.startsWith("server.log"))) {
      expect(readFileSync(join(home, name), "utf8")).not.toContain(password);
    }
  });

  it("refuses a port in use, and the home still works", async () => {
    const other = await listening(port);
    const { status, stderr, stdout } = await startOnPort();
    other.close();
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain(
      `cannot listen on port ${port} of 127.0.0.1: another program uses it. [EMBEDDED_PORT_TAKEN]`,
    );
    expect((await statusOf(home)).state).toBe("stopped");
    expect(await ask(home, "SELECT 1")).toEqual([1]);
  });

  it("refuses a server that runs without the port, and says how to get it", async () => {
    await run(home, ["db", "start"]);
    const { pid } = await statusOf(home);
    const without = await startOnPort();
    expect(without.status).toBe(1);
    expect(without.stderr).toContain("already running, without a port");
    expect(without.stderr).toContain(`db stop, then: `);
    expect(await statusOf(home)).toMatchObject({ pid, listens: false, keeps_running: true });

    await run(home, ["db", "stop"]);
    await startOnPort();
    const another = await run(home, ["db", "start", "--port", String(await freePort())]);
    expect(another.stderr).toContain(`already running, with the port ${port}`);
    // The same port again, or none, is what runs.
    expect((await startOnPort()).status).toBe(0);
    expect((await run(home, ["db", "start"])).stdout).toContain(`127.0.0.1, port ${port}`);
  });

  it.each(["0", "80", "65536", "5433x", "-1", "", "54 33", "0x1538"])(
    "refuses the port '%s'",
    async (text) => {
      const unused = newHome(folder);
      const { status, stderr } = await run(unused, ["db", "start", `--port=${text}`]);
      expect(status).toBe(2);
      expect(stderr).toContain("Write a number from 1024 to 65535. [USAGE]");
      expect((await statusOf(unused)).state).toBe("absent");
    },
  );

  it("is of no use with a server of one's own", async () => {
    const env = { DATABASE_URL: "postgresql://me@127.0.0.1:1/shop" };
    expect((await run(home, ["db", "start", "--port", String(port)], env)).stdout).toContain(
      "Nothing to start",
    );
    const url = await run(home, ["db", "url", "--tcp"], env);
    expect(url).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("--tcp is for the embedded server"),
    });
  });
});

async function selected(connectionString: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString });
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

function listening(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

async function freePort(): Promise<number> {
  const server = await listening(0);
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, "0");

/** The addresses that a process listens on, as Linux writes them: `0100007F:1538` is 127.0.0.1:5432. */
function listeners(pid = 0): string[] {
  const inodes = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => inodeOf(`/proc/${pid}/fd/${fd}`));
  return ["tcp", "tcp6"].flatMap((kind) =>
    readFileSync(`/proc/${pid}/net/${kind}`, "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === "0A" && inodes.includes(fields[9] ?? ""))
      .map((fields) => fields[1] ?? ""),
  );
}

function inodeOf(path: string): string[] {
  try {
    return statSync(path).isSocket() ? [String(statSync(path).ino)] : [];
  } catch {
    return [];
  }
}
