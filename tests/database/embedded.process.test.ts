import { spawn } from "node:child_process";
import {
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { openEmbedded, startEmbedded, stopEmbedded } from "../../src/database/embedded/index.ts";
import { spawnForecastlab } from "../cli/support/command-line.ts";
import {
  ask,
  asRoot,
  crash,
  filledHome,
  newHome,
  run,
  runningCommand,
  settingsOf,
  statusOf,
  temporaryFolder,
} from "./support/embedded.ts";

const folder = temporaryFolder();

/** A home with an empty warehouse, whose server is stopped before and after each test. */
let home: string;
beforeAll(async () => {
  home = await filledHome(folder);
});

describe("db", () => {
  it("start creates a server and leaves it running until stop", async () => {
    const home = newHome(folder);
    expect((await run(home, ["db", "status", "--json"])).json).toMatchObject({
      state: "absent",
      commands: [],
    });

    const started = await run(home, ["db", "start"]);
    expect(started.status).toBe(0);
    // Started by a script of this checkout.
    expect(started.stderr).toMatch(/^Stop it with: (npx forecastlab|node .*main\.js) db stop\n$/);
    expect(started.stdout).toMatch(
      /^PostgreSQL 18\.\d+ is running \(process \d+\), data in .*\/home\/data\n$/,
    );

    const { json } = await run(home, ["db", "status", "--json"]);
    expect(json).toMatchObject({
      state: "running",
      keeps_running: true,
      commands: [],
      data: join(home, "data"),
    });
    expect(json.version).toMatch(/^18\.\d+$/);
    expect(await ask(home, "SELECT 1")).toEqual([1]);
    expect(await statusOf(home)).toMatchObject({ state: "running", pid: json.pid, keeps_running: true });

    const { stdout: url, stderr } = await run(home, ["db", "url"]);
    const socket = `host=${join(home, "socket")}&port=5432`;
    expect(url.trim()).toBe(`postgresql://forecastlab@/forecastlab?${socket}`);
    const beside = await run(home, ["db", "url", "--database", "postgres"]);
    expect(beside.stdout.trim()).toBe(`postgresql://forecastlab@/postgres?${socket}`);
    expect(stderr).toBe("");

    expect((await run(home, ["db", "stop"])).stdout).toBe("The embedded server is stopped.\n");
    expect((await run(home, ["db", "stop"])).stdout).toBe("The embedded server was not running.\n");
    expect(await statusOf(home)).toMatchObject({ state: "stopped", version: expect.stringMatching(/^18\./) });
    const none = await run(home, ["db", "url"]);
    expect(none).toMatchObject({ status: 1, stderr: expect.stringContaining("[EMBEDDED_NOT_RUNNING]") });
  });

  it("psql passes on the address, the arguments and the exit code, and stops the server afterwards", async () => {
    const environment = {
      PSQL_EXIT: "3",
      PGHOSTADDR: "192.0.2.1",
      PGPORT: "1",
      PGPASSWORD: "of another server",
    };
    const psql = await run(home, ["db", "psql", "-c", "SELECT 1", "--csv"], environment);
    expect(psql).toMatchObject({
      status: 3,
      stdout: `forecastlab@${home}/socket:5432/forecastlab -c SELECT 1 --csv\n`,
      stderr: "",
    });
    expect(await statusOf(home)).toMatchObject({ state: "stopped", commands: [] });
  });

  it("psql fails with a message if there is no psql", async () => {
    const { status, stderr } = await run(home, ["db", "psql"], { PATH: join(folder, "nothing") });
    expect(status).toBe(1);
    expect(stderr).toContain("psql cannot be run: there is no psql on the PATH. [PSQL_MISSING]");
    expect((await statusOf(home)).state).toBe("stopped");
  });

  it("stop lets running commands finish; --force does not", async () => {
    await startEmbedded(settingsOf(home));
    const [command, other] = await Promise.all([runningCommand(home), runningCommand(home)]);

    const stop = await run(home, ["db", "stop", "--json"]);
    expect(stop.json.outcome).toBe("later");
    expect(stop.json.commands.toSorted()).toEqual([command.pid, other.pid].toSorted());
    expect((await run(home, ["db", "status"])).stdout).toContain("until the last command is done");
    expect(await command.end()).toBe(0);
    expect((await statusOf(home)).state).toBe("running");

    expect((await run(home, ["db", "stop", "--force", "--json"])).json.outcome).toBe("stopped");
    expect((await statusOf(home)).state).toBe("stopped");
    expect(await other.end()).toBe(0);
  });

  it("does nothing if DATABASE_URL names a server, and does not show its password", async () => {
    const env = { DATABASE_URL: "postgresql://me:s3cret@127.0.0.1:1/shop" };
    const home = newHome(folder);
    for (const verb of ["start", "stop"]) {
      const { status, stdout, stderr } = await spawnForecastlab(["--home", home, "db", verb], { env });
      const said = `Nothing to ${verb}: DATABASE_URL points to your own server, 127.0.0.1:1/shop.\n`;
      expect({ status, stdout }).toEqual({ status: 0, stdout: said });
      expect(stderr).toBe("Unset DATABASE_URL to use the embedded server.\n");
    }
    const masked = await spawnForecastlab(["db", "url"], { env });
    expect(masked.stdout).toBe("postgresql://me:***@127.0.0.1:1/shop\n");
    expect(masked.stderr).toContain("--show-password");
    expect((await spawnForecastlab(["db", "url", "--show-password"], { env })).stdout).toContain(
      "me:s3cret@",
    );
    const status = await spawnForecastlab(["db", "status"], { env });
    expect(status).toMatchObject({ status: 1, stderr: expect.stringContaining("[DATABASE_UNREACHABLE]") });
    expect(status.stderr).not.toContain("s3cret");
    expect(readdirSync(join(home, ".."))).toEqual([]);
  });
});

describe("concurrent commands", () => {
  it("share the server; the last one stops it", async () => {
    const [first, second] = await Promise.all([runningCommand(home), runningCommand(home)]);
    const { pid, commands, keeps_running } = await statusOf(home);
    expect(commands.toSorted()).toEqual([first.pid, second.pid].toSorted());
    expect(keeps_running).toBe(false);
    expect(await first.end()).toBe(0);
    expect(await statusOf(home)).toMatchObject({ state: "running", pid, commands: [second.pid] });
    expect(await second.end()).toBe(0);
    expect(await statusOf(home)).toMatchObject({ state: "stopped", commands: [] });
  });

  it("create the data of an empty home once", async () => {
    const home = newHome(folder);
    const starts = await Promise.all(Array.from({ length: 5 }, () => run(home, ["db", "start", "--json"])));
    const outcomes = starts.map(({ status, stderr }) => ({ status, stderr }));
    expect(outcomes).toEqual(Array(5).fill({ status: 0, stderr: "" }));
    expect(new Set(starts.map(({ json }) => json.pid)).size).toBe(1);
    expect(readFileSync(join(home, "server.log"), "utf8").match(/starting PostgreSQL/g)).toHaveLength(1);
    expect(readdirSync(home).filter((name) => name.startsWith("initdb-"))).toEqual([]);
    expect((await stopEmbedded(settingsOf(home))).outcome).toBe("stopped");
  });

  it("in one process share it too", async () => {
    const [one, other] = await Promise.all([openEmbedded(settingsOf(home)), openEmbedded(settingsOf(home))]);
    expect((await statusOf(home)).commands).toEqual([process.pid, process.pid]);
    await one.close();
    expect(await statusOf(home)).toMatchObject({ state: "running", commands: [process.pid] });
    await other.close();
    expect((await statusOf(home)).state).toBe("stopped");
  });
});

describe("an interrupted command", () => {
  it("releases its lease at Ctrl-C, and the server keeps running for the others", async () => {
    const interrupted = await runningCommand(home);
    const other = await runningCommand(home);
    // A terminal sends the signal to the process group of the command that started the server.
    await interrupted.signal("SIGINT", true);
    expect(await statusOf(home)).toMatchObject({ state: "running", commands: [other.pid] });
    expect(await other.end()).toBe(0);
    expect((await statusOf(home)).state).toBe("stopped");
  });

  it("stops the server at SIGTERM if it was the last one, and exits with 143", async () => {
    const command = await runningCommand(home);
    expect(await command.signal("SIGTERM")).toBe(143);
    expect(await statusOf(home)).toMatchObject({ state: "stopped", commands: [] });
  });

  it("that is killed leaves a running server, which the next command uses and stops", async () => {
    const command = await runningCommand(home);
    const { pid } = await statusOf(home);
    expect(await command.signal("SIGKILL", true)).toBe("SIGKILL");
    expect(await statusOf(home)).toMatchObject({ state: "running", pid, keeps_running: false, commands: [] });
    const next = await runningCommand(home);
    expect(await statusOf(home)).toMatchObject({ pid, commands: [next.pid] });
    expect(await next.end()).toBe(0);
    expect((await statusOf(home)).state).toBe("stopped");
    expect(readdirSync(join(home, "leases"))).toEqual([]);
  });

  it("that exits immediately, as at a second Ctrl-C, leaves no lease", async () => {
    const library = new URL("../../dist/database/embedded/index.js", import.meta.url).href;
    const script = `const { openEmbedded } = await import(process.argv[1]);
      await openEmbedded({ home: process.argv[2] });
      process.exit(130);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script, library, home]);
    expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(130);
    expect(readdirSync(join(home, "leases"))).toEqual([]);
    expect((await stopEmbedded(settingsOf(home))).outcome).toBe("stopped");
  });

  it("that is killed while it creates the data does not disturb the next one", async () => {
    const home = newHome(folder);
    const program = new URL("../../dist/cli/main.js", import.meta.url).pathname;
    const child = spawn(process.execPath, [program, "--home", home, "db", "start"], { stdio: "ignore" });
    const halfDone = () => listed(home).filter((name) => name.startsWith("initdb-"));
    await expect.poll(halfDone, { interval: 5, timeout: 20_000 }).toHaveLength(1);
    await crash(child.pid ?? 0);
    expect(listed(home)).not.toContain("data");
    const [leftover] = halfDone();
    // The initdb that it started may still be running.
    expect(await ask(home, "SELECT current_database()")).toEqual(["forecastlab"]);
    expect(await ask(home, "SELECT current_database()")).toEqual(["forecastlab"]);
    expect(listed(home)).toContain("data");
    expect(listed(home)).not.toContain(leftover);
  });
});

describe("after a crash of the server", () => {
  it("the next command recovers everything that was committed", async () => {
    const command = await runningCommand(home);
    await ask(home, "CREATE TABLE survivor AS SELECT 42 AS answer");
    await crash((await statusOf(home)).pid ?? 0);
    await command.signal("SIGKILL", true);
    expect(listed(join(home, "data"))).toContain("postmaster.pid");
    expect((await statusOf(home)).state).toBe("stopped");
    expect(await ask(home, "SELECT answer FROM survivor")).toEqual([42]);
    expect((await statusOf(home)).state).toBe("stopped");
  });

  it("db start no longer counts: it started another run of the server", async () => {
    const { pid } = await startEmbedded(settingsOf(home));
    await crash(pid ?? 0);
    expect(await ask(home, "SELECT 1")).toEqual([1]);
    expect(await statusOf(home)).toMatchObject({ state: "stopped", keeps_running: false });
  });

  it("another process with the id of the server is not taken for it", async () => {
    // PostgreSQL itself would refuse to start, because a process of its user is alive.
    const { uid, gid } = statSync(home);
    const bystander = spawn("/bin/sleep", ["60"], { uid, gid, cwd: "/" });
    const lines = [
      bystander.pid,
      join(home, "data"),
      1_700_000_000,
      5432,
      join(home, "socket"),
      "",
      "",
      "ready",
    ];
    writeFileSync(join(home, "data", "postmaster.pid"), `${lines.join("\n")}\n`);
    try {
      expect((await statusOf(home)).state).toBe("stopped");
      expect(await ask(home, "SELECT 1")).toEqual([1]);
      expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
    } finally {
      bystander.kill("SIGKILL");
    }
  });

  it("or after its home was deleted, a new server starts in an empty home", async () => {
    const deleted = await filledHome(folder);
    const { pid } = await startEmbedded(settingsOf(deleted));
    rmSync(deleted, { recursive: true });
    expect(await statusOf(deleted)).toMatchObject({ state: "absent" });
    expect(await ask(deleted, "SELECT 1")).toEqual([1]);
    await crash(pid ?? 0);
  });
});

describe("the server", () => {
  it("has private folders, and listens on no port", async () => {
    const server = await openEmbedded(settingsOf(home));
    try {
      for (const name of ["", "data", "socket", "leases", "lock"]) {
        expect({ name, mode: statSync(join(home, name)).mode & 0o777 }).toEqual({ name, mode: 0o700 });
      }
      for (const name of ["server.log", "data/postgresql.conf", "data/pg_hba.conf"]) {
        expect({ name, mode: statSync(join(home, name)).mode & 0o777 }).toEqual({ name, mode: 0o600 });
      }
      const settings = "SELECT current_setting('listen_addresses'), current_setting('fsync')";
      expect(await ask(home, settings)).toEqual(["", "on"]);
      if (process.platform === "linux") expect(openPorts((await statusOf(home)).pid ?? 0)).toEqual([]);
      if (asRoot) expect(statSync(join(home, "data")).uid).not.toBe(0);
    } finally {
      await server.close();
    }
  });

  it("uses UTF-8, sorts by code point, uses UTC and has page checksums", async () => {
    const properties = await ask(
      home,
      `SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale, lower('ÄÉ'),
         current_setting('TimeZone'), current_setting('data_checksums'), current_setting('jit')
       FROM pg_database WHERE datname = current_database()`,
    );
    expect(properties).toEqual(["UTF8", "b", "C.UTF-8", "äé", "UTC", "on", "off"]);
  });

  it("truncates a large log", async () => {
    writeFileSync(join(home, "server.log"), "x".repeat(11_000_000));
    await ask(home, "SELECT 1");
    expect(statSync(join(home, "server.log")).size).toBeLessThan(100_000);
    const { uid, gid } = statSync(home);
    expect(statSync(join(home, "server.log.1"))).toMatchObject({ size: 11_000_000, uid, gid });
  });

  it("refuses data of another major version in one sentence, and does not change it", async () => {
    writeFileSync(join(home, "data", "PG_VERSION"), "14\n");
    const { status, stderr } = await run(home, ["db", "start"]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/was created by PostgreSQL 14; the installed programs are PostgreSQL 18\.\d+\./);
    expect(stderr).toContain("[EMBEDDED_VERSION_MISMATCH]");
    expect(readFileSync(join(home, "data", "PG_VERSION"), "utf8")).toBe("14\n");
    writeFileSync(join(home, "data", "PG_VERSION"), "18\n");
  });

  it("reports why it does not start, and the path of its log", async () => {
    const broken = await filledHome(folder);
    truncateSync(join(broken, "data", "global", "pg_control"));
    const { status, stderr } = await run(broken, ["db", "start"]);
    expect(status).toBe(1);
    expect(stderr).toContain("[EMBEDDED_START_FAILED]");
    expect(stderr).toMatch(/did not start: could not read file "global\/pg_control"/);
    expect(stderr).toContain(join(broken, "server.log"));
    expect(await statusOf(broken)).toMatchObject({ state: "stopped", commands: [] });
  });
});

function listed(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** The addresses of the TCP sockets of a process, found by their inodes in those of the system. */
function openPorts(pid: number): string[] {
  const sockets = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /socket:\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      return [];
    }
  });
  expect(sockets.length).toBeGreaterThan(0);
  return ["tcp", "tcp6"]
    .flatMap((name) => readFileSync(`/proc/net/${name}`, "utf8").trim().split("\n").slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => sockets.includes(fields[9] ?? ""))
    .map((fields) => fields[1] ?? "");
}
