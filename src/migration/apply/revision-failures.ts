import { asDatabaseFailure } from "../../database/failures.ts";
import { isLockFailure } from "../../database/lock-retry.ts";
import { ForecastLabError, fail } from "../../errors.ts";
import type { Revision, Section } from "../revisions/revisions.ts";

/**
 * The REVISION_FAILED error for an error of a revision's own SQL, with its line if the server reports a position. Errors of
 * the server, of the connection and of locks are returned as they are.
 */
export function revisionFailure(error: unknown, revision: Revision, section?: Section): unknown {
  const position = (error as { position?: string }).position;
  const line =
    section === undefined || position === undefined
      ? ""
      : `, line ${section.line + linesBefore(section.sql, Number(position))}`;
  return asStatementFailure(error, (reason) =>
    fail("REVISION_FAILED", { revision: revision.id, place: `${revision.id}.sql${line}`, reason }, error),
  );
}

/**
 * The REVISION_HALF_DONE error for an error of a revision outside a transaction. After the first statement, that is any
 * error, because the statements before it are committed.
 *
 * @param done how many statements were committed
 */
export function halfDoneFailure(error: unknown, revision: Revision, place: string, done: number): unknown {
  const kept =
    done === 0
      ? "no statement before it"
      : done === 1
        ? "the statement before it"
        : `the ${done} statements before it`;
  const build = (reason: string) =>
    fail(
      "REVISION_HALF_DONE",
      { revision: revision.id, place: `${revision.id}.sql, ${place}`, reason, kept },
      error,
    );
  return done > 0 ? build(reasonOf(error)) : asStatementFailure(error, build);
}

/** What {@link asDatabaseFailure} makes of an error that a statement itself caused. */
const statementFailures: ReadonlySet<string> = new Set([
  "DATABASE_FAILURE",
  "SCHEMA_MISSING",
  "CONSTRAINT_VIOLATED",
]);

/** The built error if the statement itself caused the error; otherwise the error as it is. */
function asStatementFailure(error: unknown, build: (reason: string) => ForecastLabError): unknown {
  const general = asDatabaseFailure(error, "the server");
  const ofStatement =
    general instanceof ForecastLabError && statementFailures.has(general.code) && general !== error;
  const cancelled = (error as { code?: string }).code === "57014";
  return ofStatement && !cancelled && !isLockFailure(error) ? build(reasonOf(error)) : error;
}

function reasonOf(error: unknown): string {
  const { message, detail } = error as { message: string; detail?: string };
  return [message, detail].flatMap((text) => text?.replace(/\.$/, "") ?? []).join("; ");
}

/** How many lines of the SQL end before a position, which the server counts in characters from 1. */
function linesBefore(sql: string, position: number): number {
  return Array.from(sql)
    .slice(0, position - 1)
    .filter((character) => character === "\n").length;
}
