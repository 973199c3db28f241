import { type Client, withTransaction } from "../../database/connection.ts";
import { defaultLockRetry, type LockRetry, withLockRetry } from "../../database/lock-retry.ts";
import { fail } from "../../errors.ts";
import { withPinnedSettings } from "../revisions/pinned-settings.ts";
import { revisionTableSql } from "../revisions/revision-table.ts";
import { hasStatements } from "../revisions/revisions.ts";
import { splitStatements } from "../revisions/split-statements.ts";
import type { Step } from "./migration-plan.ts";
import { halfDoneFailure, revisionFailure } from "./revision-failures.ts";
import type { MigrationOptions } from "./session.ts";

/** Options of functions that run revisions. */
export interface ApplyOptions {
  /**
   * How long each statement waits for a lock on a table, and how often it is tried. Default: 10 attempts of 2,000 ms,
   * with growing pauses between them.
   */
  readonly patience?: LockRetry | undefined;
  /** Called after each step with its duration in milliseconds. Default: none. */
  readonly onStep?: ((step: Step, elapsed_ms: number) => void) | undefined;
}

/**
 * Runs the steps one after the other. A step and its row in the revision table are committed together, or, if the
 * revision opted out of the transaction, statement by statement.
 *
 * @throws REVISION_FAILED, REVISION_HALF_DONE, REVISION_IRREVERSIBLE, DATABASE_LOCK_TIMEOUT and other DATABASE_* errors
 */
export async function applySteps(
  client: Client,
  schema: string,
  steps: readonly Step[],
  { patience = defaultLockRetry, signal, onStep }: ApplyOptions & Pick<MigrationOptions, "signal"> = {},
): Promise<void> {
  refuseIrreversible(steps);
  await withPinnedSettings(client, async (pin) => {
    for (const step of steps) {
      signal?.throwIfAborted();
      // A SET in one revision must not change the schema of the next one, nor how its literals are read.
      await pin();
      const start = performance.now();
      const apply = step.revision.transactional ? applyInTransaction : applyStatements;
      await apply(client, schema, step, { ...patience, signal });
      onStep?.(step, Math.round(performance.now() - start));
    }
  });
}

/** @throws REVISION_IRREVERSIBLE if a revision to revert has no downgrade */
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
      await record(client, step, schema);
    });
  await withLockRetry(client, patience, work).catch((error: unknown) => {
    throw revisionFailure(error, revision);
  });
}

/**
 * Commits each statement by itself. A CONCURRENTLY statement waits without a timeout: it blocks nobody, and if it gave
 * up it would leave an invalid index.
 */
async function applyStatements(
  client: Client,
  schema: string,
  step: Step,
  patience: LockRetry,
): Promise<void> {
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
      throw halfDoneFailure(error, revision, place, index);
    });
  }
  await client.query("RESET lock_timeout");
  await withTransaction(client, () => record(client, step, schema)).catch((error: unknown) => {
    throw halfDoneFailure(error, revision, "at its row in the revision table", statements.length);
  });
}

async function setLockTimeout(client: Client, scope: "LOCAL" | "SESSION", timeout_ms: number): Promise<void> {
  await client.query(`SET ${scope} lock_timeout = ${timeout_ms}`);
}

/**
 * The statements that record the step in the revision table. Without a schema they use the search path. After the last
 * downgrade the table is dropped: at base nothing is left.
 */
export function recordSql({ revision, direction }: Step, schema?: string): string {
  if (direction === "up") return revisionTableSql.insert(revision, schema);
  const drop = revision.parent === undefined ? [revisionTableSql.drop(schema)] : [];
  return [revisionTableSql.delete(revision, schema), ...drop].join("\n");
}

/** Records the step; the first upgrade creates the revision table. */
async function record(client: Client, step: Step, schema: string): Promise<void> {
  const create = step.direction === "up" ? revisionTableSql.create(schema) : "";
  await client.query(`${create}\n${recordSql(step, schema)}`);
}
