import type { Client } from "../../database/connection.ts";

/**
 * The settings that change how PostgreSQL reads the literals of a revision, or how it spells a stored expression. A role or a
 * database may have others (`ALTER DATABASE … SET`). Revisions run and catalogs are read with these, so that one revision makes
 * the same objects everywhere and one object has the same text everywhere.
 */
export const pinnedSettings: Readonly<Record<string, string>> = {
  // How literals are read.
  array_nulls: "on",
  backslash_quote: "safe_encoding",
  check_function_bodies: "on",
  standard_conforming_strings: "on",
  timezone_abbreviations: "Default",
  transform_null_equals: "off",
  xmloption: "content",
  // How they are read and how they are written.
  DateStyle: "ISO, YMD",
  IntervalStyle: "postgres",
  TimeZone: "UTC",
  lc_monetary: "C",
  // How they are written.
  bytea_output: "hex",
  extra_float_digits: "1",
  quote_all_identifiers: "off",
};

/** Settings of a session by name. */
export type SessionSettings = Readonly<Record<string, string>>;

/** The present values of the pinned settings and of the search path. */
export async function readSessionSettings(client: Client): Promise<SessionSettings> {
  const { rows } = await client.query<{ name: string; value: string }>(
    "SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS name",
    [[...Object.keys(pinnedSettings), "search_path"]],
  );
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

/** Sets settings of the session. */
export async function setSessionSettings(client: Client, settings: SessionSettings): Promise<void> {
  await client.query(
    "SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS setting (name, value)",
    [Object.keys(settings), Object.values(settings)],
  );
}

/**
 * Runs the work with the pinned settings, and gives the session its own settings back afterwards.
 *
 * @param work gets a function that sets the settings again, because a revision may change them, and the search path
 */
export async function withPinnedSettings<T>(
  client: Client,
  work: (pin: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const before = await readSessionSettings(client);
  const pin = () => setSessionSettings(client, { ...pinnedSettings, search_path: before.search_path ?? "" });
  await pin();
  try {
    return await work(pin);
  } finally {
    // If the transaction or the connection is broken, they return to what they were by themselves.
    await setSessionSettings(client, before).catch(() => {});
  }
}

/** The statements that pin the settings in a script for psql, which otherwise reads text in the encoding of the terminal. */
export const pinningSql = Object.entries({ client_encoding: "UTF8", ...pinnedSettings })
  .map(([name, value]) => `SET ${name} = '${value}';`)
  .join("\n");

/** The statements that undo {@link pinningSql}. */
export const unpinningSql = ["client_encoding", ...Object.keys(pinnedSettings)]
  .map((name) => `RESET ${name};`)
  .join("\n");
