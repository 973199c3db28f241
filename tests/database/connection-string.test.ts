import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { libpqEnvironment } from "../../src/cli/commands/psql.ts";
import { databaseBeside, databaseOf, shownUrl } from "../../src/database/address.ts";
import {
  type ConnectionParameters,
  parseConnectionString,
  urlOf,
} from "../../src/database/connection-string.ts";
import { passwordIn, servicesIn } from "../../src/database/libpq-files.ts";
import { fail, maskSecrets } from "../../src/errors.ts";

const homes: string[] = [];

/** A folder with files of libpq, as the home of a user. */
function homeWith(files: Record<string, string>): NodeJS.ProcessEnv {
  const home = mkdtempSync(join(tmpdir(), "libpq-"));
  homes.push(home);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text, { mode: 0o600 });
  return { HOME: home, PGSYSCONFDIR: home };
}

afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true });
});

const failureOf = (work: () => unknown) => {
  try {
    return work();
  } catch (error) {
    return error as ReturnType<typeof fail>;
  }
};

const text = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
  .filter((value) => !value.includes("\0"));
const name = fc.stringMatching(/^[a-z][a-z0-9.-]{0,10}$/);
const folder = text.filter((value) => !value.includes(",")).map((value) => `/${value}`);
const port = fc.integer({ min: 1, max: 65_535 }).map(String);

/** Parameters of one or several servers. */
const parameters: fc.Arbitrary<ConnectionParameters> = fc
  .record(
    {
      servers: fc.array(fc.tuple(fc.oneof(name, folder, fc.constant("::1")), port), {
        minLength: 1,
        maxLength: 3,
      }),
      user: text,
      password: text,
      dbname: text,
      application_name: text,
      options: text,
      sslmode: fc.constantFrom("disable", "require", "verify-full"),
      sslpassword: text,
      connect_timeout: fc.nat(100).map(String),
    },
    { requiredKeys: [] },
  )
  .map(({ servers, ...others }) => ({
    ...others,
    ...(servers === undefined
      ? {}
      : {
          host: servers.map(([host]) => host).join(","),
          port: servers.map(([, number]) => number).join(","),
        }),
  }));

const keywordsOf = (given: ConnectionParameters) =>
  Object.entries(given)
    .map(([key, value]) => `${key} = '${value.replaceAll(/['\\]/g, "\\$&")}'`)
    .join(" ");

describe("a connection string", () => {
  it("means what was written into it, as a URL of both forms and as keywords", () => {
    fc.assert(
      fc.property(parameters, (given) => {
        expect(parseConnectionString(urlOf(given, "query"))).toEqual(given);
        expect(parseConnectionString(urlOf(given, "host"))).toEqual(given);
        const keywords = keywordsOf(given);
        if (keywords !== "") expect(parseConnectionString(keywords)).toEqual(given);
      }),
    );
  });

  it.for<[string, ConnectionParameters]>([
    ["postgresql:///shop?host=/run/pg", { dbname: "shop", host: "/run/pg" }],
    [
      "postgresql://me@/shop?host=/run/pg&port=5433",
      { user: "me", dbname: "shop", host: "/run/pg", port: "5433" },
    ],
    ["postgres://me:p%40ss@db", { user: "me", password: "p@ss", host: "db" }],
    ["postgresql://me:a#b?c@db/shop", { user: "me", password: "a#b?c", host: "db", dbname: "shop" }],
    [
      "postgresql://a:1,b:2,[::1]:3/shop?target_session_attrs=read-write",
      { host: "a,b,::1", port: "1,2,3", dbname: "shop", target_session_attrs: "read-write" },
    ],
    ["postgresql://%2Frun%2Fpg:5433/shop", { host: "/run/pg", port: "5433", dbname: "shop" }],
    ["postgresql://db?dbname=shop&ssl=true", { host: "db", dbname: "shop", sslmode: "require" }],
    [
      "postgresql://db/x?options=-c+search_path%3Dy",
      { host: "db", dbname: "x", options: "-c search_path=y" },
    ],
    ["postgresql://a,b:1,c:2/shop", { host: "a,b,c", port: ",1,2", dbname: "shop" }],
    ["service=shop", { service: "shop" }],
    ["host=db  user = 'it\\'s me' dbname=a\\ b password=''", { host: "db", user: "it's me", dbname: "a b" }],
  ])("%s is read as libpq reads it", ([given, expected]) => {
    expect(parseConnectionString(given)).toEqual(expected);
  });

  it.for([
    ["postgresql://db/shop?sslmod=require", "there is no parameter sslmod (did you mean sslmode?)"],
    ["host=db pasword=hunter2", "there is no parameter pasword (did you mean password?)"],
    ["postgresql://db/shop?sslmode=on", "sslmode must be disable, allow"],
    ["postgresql://me:hunter2%zz@db/shop", "the password has a % that does not begin"],
    ["postgresql://::1/shop", "must be in [brackets]"],
    ["postgresql://db:0/shop", "port must be a number from 1 to 65535"],
    ["postgresql://db/shop?password", "has no = and value"],
    ["postgresql://db/shop?gssencmode=require", "gssencmode must be disable, prefer"],
    ["host=db password=hunter2 x", "not a list of keyword=value"],
    ["mysql://me:hunter2@db/shop", "it must read postgresql://"],
  ])("%s is refused with what is wrong, without its password", ([given, problem]) => {
    const error = failureOf(() => parseConnectionString(given as string));
    expect(error).toMatchObject({ code: "SETTING_INVALID", exitCode: 2 });
    expect((error as Error).message).toContain(problem);
    expect(JSON.stringify(error) + (error as Error).stack).not.toContain("hunter2");
  });

  it("takes what it leaves out from the service, then the environment, then the defaults", () => {
    const home = homeWith({
      ".pg_service.conf": "# ours\n[shop]\nhost = db1\nport=5433\ndbname=shop\n[other]\nhost=x\n",
    });
    const environment = {
      ...home,
      PGHOST: "db2",
      PGPORT: "1",
      PGUSER: "me",
      PGPASSWORD: "s",
      PGSSLMODE: "require",
    };
    const database = databaseOf("service=shop dbname=mine", environment);
    expect(database.label).toBe("db1:5433/mine");
    expect(database.routes[0].config).toMatchObject({
      host: "db1",
      port: 5433,
      user: "me",
      password: "s",
      database: "mine",
      ssl: { rejectUnauthorized: false },
    });
    expect(databaseOf("postgresql:///", { ...home, PGHOST: "db2", PGUSER: "me" }).label).toBe("db2:5432/me");
    expect(failureOf(() => databaseOf("service=none", environment))).toMatchObject({
      code: "SETTING_INVALID",
      message: expect.stringContaining("there is no service none in "),
    });
    expect(failureOf(() => databaseOf("postgresql://db/x", { PGSSLMODE: "on" }))).toMatchObject({
      code: "SETTING_INVALID",
    });
  });

  it("takes its password from the password file, which only its owner may read", () => {
    const home = homeWith({ ".pgpass": "# mine\ndb:5432:*:me:it\\:s\\\\x\nlocalhost:*:shop:*:local\n" });
    const passwordOf = (given: string) => databaseOf(given, home).routes[0].config.password;
    expect(passwordOf("postgresql://me@db/shop")).toBe("it:s\\x");
    expect(passwordOf("postgresql://me@/shop?host=/run/pg")).toBe("local");
    expect(passwordOf("postgresql://me:own@db/shop")).toBe("own");
    expect(passwordOf("postgresql://you@db/shop")).toBeTypeOf("function");
    chmodSync(join(home.HOME ?? "", ".pgpass"), 0o644);
    expect(failureOf(() => passwordOf("postgresql://me@db/shop"))).toMatchObject({
      code: "SETTING_INVALID",
      message: expect.stringContaining("can be read by others"),
      action: expect.stringContaining("chmod 600"),
    });
    expect(passwordOf("postgresql://you@db/shop")).toBeTypeOf("function");
  });

  it("of several hosts is a way to each, and messages name all of them", () => {
    const database = databaseOf(
      "postgresql://me@a,b:2/shop?target_session_attrs=primary&sslmode=disable",
      {},
    );
    expect(database.label).toBe("a:5432/shop, b:2/shop");
    expect(database.routes.map(({ label }) => label)).toEqual(["a:5432/shop", "b:2/shop"]);
    expect(database.role).toBe("primary");
  });

  it("of another database keeps the rest", () => {
    const beside = databaseBeside(databaseOf("postgresql://me:s@db:1/shop?sslmode=require", {}), "a/b");
    expect(beside.label).toBe("db:1/a/b");
    expect(beside.url).toBe("postgresql://me:s@db:1/a%2Fb?sslmode=require");
  });

  it("of a socket is shown in the form that all drivers read", () => {
    const database = databaseOf("postgresql://me@%2Frun%2Fmy%20pg:5433/shop", {});
    expect(shownUrl(database)).toBe("postgresql://me@/shop?host=/run/my%20pg&port=5433");
    expect(new URL(database.url).pathname).toBe("/shop");
  });

  it("means what sslmode says in libpq", () => {
    const modesOf = (query: string) => {
      const routes = databaseOf(`postgresql://me@db/shop${query}`, homeWith({})).routes;
      return routes.map(({ config: { ssl } }) =>
        typeof ssl === "object" ? (ssl.rejectUnauthorized ? "verified" : "encrypted") : ssl,
      );
    };
    expect(modesOf("")).toEqual(["encrypted", false]);
    expect(modesOf("?sslmode=disable")).toEqual([false]);
    expect(modesOf("?sslmode=allow")).toEqual([false, "encrypted"]);
    expect(modesOf("?sslmode=require")).toEqual(["encrypted"]);
    expect(modesOf("?sslmode=verify-full")).toEqual(["verified"]);
    expect(modesOf("?sslrootcert=system")).toEqual(["verified"]);
    for (const query of [
      "sslmode=verify-ca",
      "sslrootcert=system&sslmode=require",
      "sslnegotiation=direct",
      "sslmode=require&sslrootcert=/none",
    ])
      expect(failureOf(() => modesOf(`?${query}`))).toMatchObject({ code: "SETTING_INVALID" });
  });

  it("is shown without its secrets, wherever it is", () => {
    expect(maskSecrets("postgresql://me:s3cret@db:5432/shop?sslmode=require")).toBe(
      "postgresql://me:***@db:5432/shop?sslmode=require",
    );
    const plain = "postgresql://forecastlab@%2Fhome%2Fsocket:5432/forecastlab";
    expect(maskSecrets(plain)).toBe(plain);
    for (const given of [
      "postgresql://db/shop?user=me&password=s3cret",
      "postgresql://db/shop?sslpassword=s3cret&sslkey=x",
      "host=db password=s3cret",
      "host=db sslpassword = 's3cret \\' s3cret' user=me",
      "could not connect: CONNECTION 'host=db password=s3cret'",
      "postgres://me:s3cret@s3cret@db/shop",
      "postgres://me:s3cret/s3cret@db/shop",
      "postgres://me:x?s3cret@db/shop",
      "no file postgresql+psycopg://me:s3cret@db/shop here",
    ]) {
      expect(maskSecrets(given)).not.toContain("s3cret");
      const error = fail("FILE_NOT_FOUND", { path: given });
      expect(JSON.stringify(error) + error.stack).not.toContain("s3cret");
    }
    expect(maskSecrets("host=db password=s3cret user=me")).toBe("host=db password=*** user=me");
  });

  it("is converted to the environment variables of psql", () => {
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

describe("files of libpq", () => {
  it("a service is the first section of its name", () => {
    const services = servicesIn("[a]\nhost=1\n\n#[b]\n[c d]\r\nuser = x y \r\n[a]\nhost=2\n");
    expect([...services]).toEqual([
      ["a", { host: "1" }],
      ["c d", { user: "x y" }],
    ]);
  });

  it("a password is that of the first line that matches", () => {
    const login = { host: "h", port: "1", dbname: "d", user: "u" };
    expect(passwordIn("h:2:d:u:no\n*:*:*:*:yes\nh:1:d:u:late", login)).toBe("yes");
    expect(passwordIn("h:1:d:u:", login)).toBeUndefined();
    expect(passwordIn("broken\n", login)).toBeUndefined();
    expect(passwordIn("h:1:d:u:a:b", login)).toBe("a:b");
  });
});
