import { describe, expect, it } from "vitest";
import { libpqEnvironment } from "../../src/cli/commands/psql.ts";
import { maskPassword } from "../../src/database/address.ts";

describe("a connection string", () => {
  it("is shown without its password", () => {
    expect(maskPassword("postgresql://me:s3cret@db:5432/shop?sslmode=require")).toBe(
      "postgresql://me:***@db:5432/shop?sslmode=require",
    );
    expect(maskPassword("postgresql://db/shop?user=me&password=s3cret")).not.toContain("s3cret");
    const plain = "postgresql://forecastlab@%2Fhome%2Fsocket:5432/forecastlab";
    expect(maskPassword(plain)).toBe(plain);
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
