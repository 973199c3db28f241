import { type Client, withTransaction } from "../../database/connection.ts";
import { asDatabaseFailure } from "../../database/failures.ts";
import { defaultLockRetry, isLockFailure, type LockRetry, withLockRetry } from "../../database/lock-retry.ts";
import { ForecastLabError, fail } from "../../errors.ts";
import { ledgerSql } from "../revisions/revision-table.ts";
import { hasStatements, type Revision, type Section } from "../revisions/revisions.ts";
import { splitStatements } from "../revisions/split-statements.ts";
import type { Step } from "./migration-plan.ts";

export interface ApplyOptions {
  readonly patience?: LockRetry | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told after each step. */
  readonly onStep?: ((step: Step, elapsed_ms: number) => void) | undefined;
}

/**
 * Runs steps one after the other, each in one transaction with its row in the ledger, or statement by statement
 * where the revision opted out of it.
 *
 * @throws REVISION_FAILED, REVISION_HALF_DONE, REVISION_IRREVERSIBLE, DATABASE_LOCK_TIMEOUT and other failures of
 * the server
 */
export async function applySteps(
  client: Client,
  schema: string,
  steps: readonly Step[],
  { patience = defaultLockRetry, signal, onStep }: ApplyOptions = {},
): Promise<void> {
  refuseIrreversible(steps);
  const { rows } = await client.query<{ path: string }>("SELECT current_setting('search_path') AS path");
  for (const step of steps) {
    signal?.throwIfAborted();
    // A SET in one revision must not decide where the next one works.
    await client.query("SELECT set_config('search_path', $1, false)", [rows[0]?.path]);
    const start = performance.now();
    const apply = step.revision.transactional ? applyInTransaction : applyOneByOne;
    await apply(client, schema, step, { ...patience, signal });
    onStep?.(step, Math.round(performance.now() - start));
  }
}

/** @throws REVISION_IRREVERSIBLE */
export function refuseIrreversible(steps: readonly Step[]): void {
  for (const { direction, revision } of steps) {
    if (direction === "down" && !hasStatements(revision.down) && hasStatements(revision.up))
      throw fail("REVISION_IRREVERSIBLE", { revision: revision.id });
  }
}

async function applyInTransaction(
  client: Client,
  schema: string,
  step: Step,
  patience: LockRetry,
): Promise<void> {
  const { revision, direction } = step;
  const section = revision[direction];
  const work = () =>
    withTransaction(client, async () => {
      await setLockTimeout(client, "LOCAL", patience.lockTimeout_ms);
      await client.query(section.sql).catch((error: unknown) => {
        throw revisionFailure(error, revision, section);
      });
      await client.query(bookkeeping(step, schema));
    });
  await withLockRetry(client, patience, work).catch((error: unknown) => {
    throw revisionFailure(error, revision);
  });
}

/** An error of a revision's own SQL, with the line it happened on where the server tells; others as they are. */
export function revisionFailure(error: unknown, revision: Revision, section?: Section): unknown {
  const position = (error as { position?: string }).position;
  const line =
    section === undefined || position === undefined
      ? ""
      : `, line ${section.line + linesBefore(section.sql, Number(position))}`;
  return asFailure(error, (reason) =>
    fail("REVISION_FAILED", { revision: revision.id, place: `${revision.id}.sql${line}`, reason }, error),
  );
}

/**
 * Each statement commits by itself. A statement that works CONCURRENTLY waits without a timeout: it holds nobody
 * up, and one that gives up leaves an invalid index behind.
 */
async function applyOneByOne(client: Client, schema: string, step: Step, patience: LockRetry): Promise<void> {
  const { revision, direction } = step;
  const section = revision[direction];
  const statements = splitStatements(section.sql);
  for (const [index, { text, line }] of statements.entries()) {
    patience.signal?.throwIfAborted();
    const concurrent = /\bCONCURRENTLY\b/i.test(text);
    await setLockTimeout(client, "SESSION", concurrent ? 0 : patience.lockTimeout_ms);
    const run = () => client.query(text);
    await (concurrent ? run() : withLockRetry(client, patience, run)).catch((error: unknown) => {
      const place = `line ${section.line + line - 1}, statement ${index + 1} of ${statements.length}`;
      throw halfDone(error, revision, place, index);
    });
  }
  await client.query("RESET lock_timeout");
  await withTransaction(client, () => client.query(bookkeeping(step, schema))).catch((error: unknown) => {
    throw halfDone(error, revision, "at its row in the ledger", statements.length);
  });
}

/** Whatever went wrong after the first statement leaves the statements before it done. */
function halfDone(error: unknown, revision: Revision, place: string, done: number): unknown {
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
  return done > 0 ? build(reasonOf(error)) : asFailure(error, build);
}

async function setLockTimeout(client: Client, scope: "LOCAL" | "SESSION", timeout_ms: number): Promise<void> {
  await client.query(`SET ${scope} lock_timeout = ${timeout_ms}`);
}

/** What the ledger says after the step. */
function bookkeeping({ revision, direction }: Step, schema: string): string {
  if (direction === "up") return `${ledgerSql.create(schema)}\n${ledgerSql.insert(revision, schema)}`;
  const left = revision.parent === undefined ? ledgerSql.drop(schema) : "";
  return `${ledgerSql.delete(revision, schema)}\n${left}`;
}

const statementFailures: ReadonlySet<string> = new Set([
  "DATABASE_FAILURE",
  "SCHEMA_MISSING",
  "CONSTRAINT_VIOLATED",
]);

/** Gives an error of a statement the revision's name; errors of server, connection and locks keep their own. */
function asFailure(error: unknown, build: (reason: string) => ForecastLabError): unknown {
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

/** How many lines of the SQL are above a position, which the server counts in characters from 1. */
function linesBefore(sql: string, position: number): number {
  return Array.from(sql)
    .slice(0, position - 1)
    .filter((character) => character === "\n").length;
}
