import { fail } from "../../errors.ts";
import { version } from "../../system/version.ts";
import { ledgerSql, ledgerTable } from "../revisions/revision-table.ts";
import { findRevision, type Revision, readRevisions } from "../revisions/revisions.ts";
import { splitStatements, terminated } from "../revisions/split-statements.ts";
import { refuseIrreversible } from "./apply-steps.ts";
import { planDowngrade, planUpgrade, type Step } from "./migration-plan.ts";
import { lockKey } from "./session.ts";

/* The SQL of an upgrade or downgrade, for an administrator to read and run. No connection is needed or made. */

/**
 * The script from one revision to another. Each revision checks first that the ledger is where it must be, so that a
 * script run twice, or on another database, changes nothing.
 *
 * @param range `TO` or `FROM:TO`; without FROM an upgrade starts at base, and a downgrade at head
 * @throws REVISION_UNKNOWN, REVISION_AMBIGUOUS, REVISION_OUT_OF_REACH, REVISION_IRREVERSIBLE, and as readRevisions
 */
export function script(options: {
  readonly direction: "up" | "down";
  readonly range: string;
  readonly folder?: string | undefined;
}): string {
  const chain = readRevisions(options.folder);
  const [first = "", second] = options.range.split(":");
  const up = options.direction === "up";
  const start = countOf(chain, second === undefined ? (up ? "base" : "head") : first);
  const target = second ?? first;
  const steps = up ? planUpgrade(chain, start, target) : planDowngrade(chain, start, target);
  if (steps.length === 0 && up && countOf(chain, target) < start) {
    throw fail("REVISION_OUT_OF_REACH", { problem: `${target} lies before ${first}` });
  }
  refuseIrreversible(steps);
  const end = start + (up ? steps.length : -steps.length);
  const name = (count: number) => chain[count - 1]?.id ?? "base";
  return [
    `-- forecastlab ${version}: ${up ? "upgrade" : "downgrade"} from ${name(start)} to ${name(end)}`,
    "-- Run it in the warehouse's schema, for example: psql --set ON_ERROR_STOP=1 --file THIS_FILE",
    ...steps.map((step) => `\n${stepScript(step)}`),
    "",
  ].join("\n");
}

function countOf(chain: readonly Revision[], name: string): number {
  if (name === "base") return 0;
  return name === "head" ? chain.length : chain.indexOf(findRevision(chain, name)) + 1;
}

function stepScript(step: Step): string {
  const { revision, direction } = step;
  const sql = terminated(revision[direction].sql.trim());
  const title = `-- ${direction === "up" ? "upgrade to" : "downgrade of"} ${revision.id}`;
  if (!revision.transactional) {
    const statements = splitStatements(sql).map(({ text }) => `${text};`);
    return [title, guard(step), ...statements, "BEGIN;", bookkeeping(step), "COMMIT;"].join("\n");
  }
  const lock = `SELECT pg_advisory_xact_lock(${lockKey("current_schema()")});`;
  return [title, "BEGIN;", lock, guard(step), "", sql, "", bookkeeping(step), "COMMIT;"].join("\n");
}

/** Stops the script where the database is not at the revision this step starts from. Ids are plain words. */
function guard({ revision: { id, parent }, direction }: Step): string {
  const ledger = (revision: string) => `EXISTS (SELECT FROM ${ledgerTable} WHERE id = '${revision}')`;
  const up = direction === "up";
  const present = up ? parent : id;
  const conditions = [...(present ? [`NOT ${ledger(present)}`] : []), ...(up ? [ledger(id)] : [])];
  const check = `DO $guard$
BEGIN
  IF ${conditions.join(" OR ")} THEN
    RAISE EXCEPTION 'this database is not where ${id} starts from: expected ${present ?? "base"}';
  END IF;
END
$guard$;`;
  return up && parent === undefined ? `${ledgerSql.create()}\n${check}` : check;
}

function bookkeeping({ revision, direction }: Step): string {
  if (direction === "up") return ledgerSql.insert(revision);
  return [ledgerSql.delete(revision), ...(revision.parent === undefined ? [ledgerSql.drop()] : [])].join(
    "\n",
  );
}
