import { fail } from "../../errors.ts";
import { version } from "../../system/version.ts";
import { pinningSql, unpinningSql } from "../revisions/pinned-settings.ts";
import { revisionTable, revisionTableSql } from "../revisions/revision-table.ts";
import { readRevisions } from "../revisions/revisions.ts";
import { splitStatements, terminated } from "../revisions/split-statements.ts";
import { recordSql, refuseIrreversible } from "./apply-steps.ts";
import { countUpTo, downgradeSteps, type Step, upgradeSteps } from "./migration-plan.ts";
import { lockKey, type MigrationOptions } from "./session.ts";

/** Options of {@link script}. */
export interface ScriptOptions extends Pick<MigrationOptions, "folder"> {
  readonly direction: "up" | "down";
  /** `TO` or `FROM:TO`. Default of FROM: `base` for an upgrade, `head` for a downgrade. */
  readonly range: string;
}

/**
 * The SQL of an upgrade or downgrade, for an administrator to read and run with psql. It is built without a connection.
 * Each step first checks that the database is at the revision from which the step starts, so that a script that is run
 * twice or on another database changes nothing.
 *
 * @returns the script, ending with a line break; each step is one transaction, unless its revision opted out of it
 * @throws REVISION_FILE_INVALID, REVISION_CHAIN_INVALID, REVISION_HEADS, REVISION_UNKNOWN, REVISION_AMBIGUOUS,
 * REVISION_OUT_OF_REACH if the range leads in the other direction, REVISION_IRREVERSIBLE
 * @example
 * ```ts
 * import { writeFileSync } from "node:fs";
 * import { script } from "forecastlab/migration";
 *
 * writeFileSync("upgrade.sql", script({ direction: "up", range: "0001:head" }));
 * ```
 */
export function script(options: ScriptOptions): string {
  const chain = readRevisions(options.folder);
  const [first = "", second] = options.range.split(":");
  const up = options.direction === "up";
  const start = countUpTo(chain, second === undefined ? (up ? "base" : "head") : first);
  const target = second ?? first;
  const steps = up ? upgradeSteps(chain, start, target) : downgradeSteps(chain, start, target);
  if (steps.length === 0 && up && countUpTo(chain, target) < start) {
    throw fail("REVISION_OUT_OF_REACH", { problem: `${target} is before ${first}` });
  }
  refuseIrreversible(steps);
  const end = start + (up ? steps.length : -steps.length);
  const name = (count: number) => chain[count - 1]?.id ?? "base";
  return scriptText(steps, `${up ? "upgrade" : "downgrade"} from ${name(start)} to ${name(end)}`);
}

/** The script of some steps, ending with a line break. */
export function scriptText(steps: readonly Step[], title: string): string {
  return [
    `-- forecastlab ${version}: ${title}`,
    "-- Run it in the warehouse's schema, for example: psql --set ON_ERROR_STOP=1 --file THIS_FILE",
    ...steps.map((step) => `\n${stepScript(step)}`),
    "",
    "-- the settings of the session again",
    unpinningSql,
    "",
  ].join("\n");
}

function stepScript(step: Step): string {
  const { revision, direction } = step;
  const sql = terminated(revision[direction].sql.trim());
  const title = `-- ${direction === "up" ? "upgrade to" : "downgrade of"} ${revision.id}`;
  if (!revision.transactional) {
    const statements = splitStatements(sql).map(({ text }) => `${text};`);
    return [title, pinningSql, guard(step), ...statements, "BEGIN;", recordSql(step), "COMMIT;"].join("\n");
  }
  const lock = `SELECT pg_advisory_xact_lock(${lockKey("current_schema()")});`;
  return [title, pinningSql, "BEGIN;", lock, guard(step), "", sql, "", recordSql(step), "COMMIT;"].join("\n");
}

/** Stops the script if the database is not at the revision from which the step starts. Ids need no quoting. */
function guard({ revision: { id, parent }, direction }: Step): string {
  const applied = (revision: string) => `EXISTS (SELECT FROM ${revisionTable} WHERE id = '${revision}')`;
  const up = direction === "up";
  const expected = up ? parent : id;
  const conditions = [...(expected ? [`NOT ${applied(expected)}`] : []), ...(up ? [applied(id)] : [])];
  const check = `DO $guard$
BEGIN
  IF ${conditions.join(" OR ")} THEN
    RAISE EXCEPTION 'this database is not where ${id} starts from: expected ${expected ?? "base"}';
  END IF;
END
$guard$;`;
  return up && parent === undefined ? `${revisionTableSql.create()}\n${check}` : check;
}
