import type { RevisionFile } from "./migration.ts";

/** A revision whose literals are read, or written, in another way under other settings of the session. */
export const literals: RevisionFile = {
  id: "0001_literals",
  up: `
    CREATE DOMAIN amount AS double precision DEFAULT 0.1 CHECK (VALUE <> 0.3);
    CREATE DOMAIN opened AS date DEFAULT '2024-02-01'::date;
    CREATE TYPE "Mood" AS ENUM ('it''s fine', 'back\\slash');
    CREATE TABLE sample (
      id integer GENERATED ALWAYS AS IDENTITY,
      "Order" text DEFAULT 'a\\b',
      escaped text DEFAULT E'a\\'b\\n',
      day date DEFAULT '2024-02-01'::date,
      slashed date DEFAULT '2024/01/02'::date,
      at timestamptz DEFAULT '2024-01-01 12:00'::timestamptz,
      abbreviated timestamptz DEFAULT '2024-01-01 12:00 EST'::timestamptz,
      wait interval DEFAULT '1 day 02:03:04'::interval,
      negative interval DEFAULT '-1 year -2 months +3 days'::interval,
      bytes bytea DEFAULT '\\xdeadbeef'::bytea,
      ratio double precision DEFAULT 0.1::double precision / 3::double precision,
      share real DEFAULT 0.3::real,
      price money DEFAULT '1234.50'::money,
      tags text[] DEFAULT '{NULL,b}'::text[],
      mood "Mood" DEFAULT 'back\\slash',
      days daterange DEFAULT '[2024-01-01,2024-02-01)'::daterange,
      lapsed interval GENERATED ALWAYS AS (wait + '2 days'::interval) STORED,
      PRIMARY KEY (id),
      CONSTRAINT ck_sample_never CHECK (day = NULL OR day > '2000-01-01'::date),
      CONSTRAINT ck_sample_order CHECK ("Order" ~ '^\\w+$' AND bytes <> '\\x00'::bytea)
    );
    CREATE INDEX ix_sample_recent ON sample ("Order") WHERE at > '2024-01-01 00:00+00'::timestamptz;
    CREATE VIEW recent AS
      SELECT "Order", at, '1 hour'::interval AS hour, 0.1::double precision AS tenth
      FROM sample
      WHERE at > '2024-03-01 00:00'::timestamptz AND price > '5'::money;
    CREATE FUNCTION grow(x double precision DEFAULT 0.1, since date DEFAULT '2024-05-06') RETURNS double precision
      LANGUAGE sql IMMUTABLE RETURN x * 1.5::double precision;
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER tr_sample BEFORE UPDATE ON sample FOR EACH ROW
      WHEN (OLD.day < '2024-02-03'::date) EXECUTE FUNCTION touch('a\\b');
    CREATE STATISTICS st_sample ON ("Order" || 'x\\y'), day FROM sample;
    CREATE POLICY recent_only ON sample USING (at > '2024-01-01 00:00'::timestamptz);`,
  down: `
    DROP VIEW recent;
    DROP TABLE sample;
    DROP FUNCTION touch(), grow(double precision, date);
    DROP TYPE "Mood";
    DROP DOMAIN opened, amount;`,
};

/** A revision that leaves settings behind which the next revision must not see. */
export const careless: RevisionFile = {
  id: "0000_careless",
  up: "SET DateStyle = 'SQL, DMY'; SET TimeZone = 'Asia/Tokyo'; SET quote_all_identifiers = on; SELECT 1;",
  down: "SELECT 1;",
};

/** Settings of a role or database that display values, or read literals, in another way than the default. */
export const displaySettings: readonly (readonly [name: string, value: string])[] = [
  ["array_nulls", "off"],
  ["backslash_quote", "off"],
  ["bytea_output", "escape"],
  ["check_function_bodies", "off"],
  ["DateStyle", "German, DMY"],
  ["DateStyle", "SQL, MDY"],
  ["extra_float_digits", "-15"],
  ["extra_float_digits", "3"],
  ["IntervalStyle", "iso_8601"],
  ["IntervalStyle", "sql_standard"],
  ["lc_monetary", "C.UTF-8"],
  ["quote_all_identifiers", "on"],
  ["search_path", `"$user", "public"`],
  ["standard_conforming_strings", "off"],
  ["TimeZone", "America/New_York"],
  ["timezone_abbreviations", "Australia"],
  ["transform_null_equals", "on"],
  ["xmloption", "document"],
];
