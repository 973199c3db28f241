import type { Client } from "../database/connection.ts";
import { isServerError } from "../database/failures.ts";
import { fail } from "../errors.ts";
import { type TableName, tableNames } from "../schema/tables.ts";
import { didYouMean } from "../system/did-you-mean.ts";
import { markedSql, placeOf, wordAt } from "./sql-text.ts";

/** What is known of the query that failed. */
export interface FailedQuery {
  readonly sql: string;
  readonly timeout_ms: number;
  readonly elapsed_ms: number;
  readonly withoutSuperuser: boolean;
}

/**
 * The error of the catalog for a query that the server refused or gave up. Others are returned unchanged: those of the
 * connection, and an unknown table if the warehouse is not migrated.
 *
 * @param client with the transaction of the query, which has failed
 */
export async function asQueryFailure(client: Client, error: unknown, query: FailedQuery): Promise<unknown> {
  if (!isServerError(error)) return error;
  const { code = "", position, message } = error;
  const reason = message.trim().replace(/\.$/, "");
  if (code === "25006") return fail("QUERY_ONLY_READS", { reason }, error);
  if (code === "57014" && query.timeout_ms > 0 && query.elapsed_ms >= query.timeout_ms) {
    return fail("QUERY_TIMEOUT", { seconds: query.timeout_ms / 1000 }, error);
  }
  if (code === "42501") {
    return query.withoutSuperuser ? fail("QUERY_ONLY_READS", { reason }, error) : error;
  }
  if (code === "42601" && position === undefined) {
    return fail("QUERY_NOT_ONE", { problem: "it has more than one statement" }, error);
  }
  if (code === "42P01" || code === "42703") {
    const hint = await suggestionFor(client, code, query.sql, Number(position));
    return hint === "not migrated" ? error : invalid(query.sql, Number(position), reason, hint, error);
  }
  if (position !== undefined) return invalid(query.sql, Number(position), reason, undefined, error);
  return failing.has(code.slice(0, 2)) ? fail("QUERY_FAILED", { reason, sqlstate: code }, error) : error;
}

/** Classes of SQLSTATE that the query or its data cause: casts, arithmetic, subqueries, functions, complexity, cancellation. */
const failing = new Set(["0A", "20", "21", "22", "2F", "38", "39", "42", "54", "57", "P0"]);

function invalid(sql: string, position: number, reason: string, hint: string | undefined, cause: Error) {
  const { line, column } = placeOf(sql, position);
  const place = position > 0 ? ` at line ${line}, column ${column}` : "";
  return fail(
    "QUERY_INVALID",
    {
      reason: `${reason}${place}${hint === undefined ? "" : ` (${hint})`}`,
      marked: position > 0 ? ` at the mark:\n\n${markedSql(sql, position)}` : ".",
    },
    cause,
  );
}

/** Tables and columns of the search path, but for those of the system. */
const visibleColumns = `
  SELECT c.relname AS table, array_agg(a.attname::text) AS columns
  FROM pg_class AS c
  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND NOT c.relispartition
    AND pg_table_is_visible(c.oid)
    AND c.relnamespace <> ALL (ARRAY['pg_catalog'::regnamespace, 'information_schema'::regnamespace])
  GROUP BY c.relname
`;

/** `did you mean …?` for an unknown table or column; or that the table is one of the warehouse's, which lacks it. */
async function suggestionFor(
  client: Client,
  code: "42P01" | "42703",
  sql: string,
  position: number,
): Promise<string | undefined> {
  await client.query("ROLLBACK");
  const { rows } = await client.query<{ table: string; columns: string[] }>(visibleColumns);
  const tables = rows.map(({ table }) => table);
  const word = position > 0 ? wordAt(sql, position) : "";
  if (code === "42P01") {
    const migrated = tableNames.some((name) => tables.includes(name));
    return migrated && !tableNames.includes(word as TableName) ? didYouMean(word, tables) : "not migrated";
  }
  const mentioned = rows.filter(({ table }) => new RegExp(`\\b${table}\\b`, "i").test(sql));
  return didYouMean(word, [...new Set(mentioned.flatMap(({ columns }) => columns))]);
}
