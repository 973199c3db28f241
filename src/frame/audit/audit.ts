import { rm } from "node:fs/promises";
import { type Database, withClient } from "../../database/connection.ts";
import { quoteLiteral } from "../../database/identifiers.ts";
import { type Engine, withEngine } from "../../duckdb/engine.ts";
import type { Column, FrameKind } from "../columns.ts";
import { computeFrame } from "../compute.ts";
import { dateOf, dayOf } from "../days.ts";
import { checkDefinition, type FrameDefinition } from "../definition.ts";
import { type ExtraDriver, type Planned, planFor, requireSeries, stageFrame } from "../prepare.ts";
import { sourceOf } from "../source/snapshot.ts";
import type { Source } from "../source/source.ts";
import { type Compared, type Copy, compareFrames, fileOf, filesOf, type Held } from "./compare.ts";
import { factsAfter, holidaysAfter, plansAfter, type Statement } from "./perturbations.ts";
import type { AuditCheck, AuditReport } from "./report.ts";
import { makeScratch, perturbed } from "./scratch.ts";

export interface AuditRequest extends FrameDefinition {
  readonly signal?: AbortSignal | undefined;
  /** Told before each frame that is made: `the frame as it is`, then the name of each check. */
  readonly onCheck?: ((name: string, done: number, of: number) => void) | undefined;
}

/**
 * Makes the frame, changes what could not have been known, makes it again, and compares all cells. The changes are made in a
 * copy in temporary tables of one connection; the warehouse is only read. A frame that leaks is a result, not an exception.
 *
 * @param extra drivers beside those of the spec, to be audited with them
 * @throws what making a frame throws
 */
export async function auditFrame(
  database: Database,
  request: AuditRequest,
  extra: readonly ExtraDriver[] = [],
): Promise<AuditReport> {
  const { signal, onCheck = () => {} } = request;
  const definition = await checkDefinition(request);
  return withClient(
    database,
    (client) =>
      withEngine(
        signal,
        async (engine) => {
          await makeScratch(client);
          const source = sourceOf([client]);
          // Planned once: whether there can be such a frame is not for the changed copy to say.
          const planned = await planFor(source, definition, extra);
          const make = (name: string) => makeCopy({ engine, source, planned, name });
          const checks = checksOf(planned);
          onCheck("the frame as it is", 0, checks.length);
          const before = await make("before");
          const done: AuditCheck[] = [];
          for (const check of checks) {
            onCheck(check.name, done.length + 1, checks.length);
            const { rows, result } = await perturbed(client, check.statements, () => make("after"));
            const compared: Compared[] = [];
            for (const frame of check.frames) {
              compared.push(await compareFrames(engine, [before, result], frame, check.held, check.sameRows));
            }
            await removeCopy(engine, "after");
            done.push(outcomeOf(check, rows, compared));
          }
          return {
            passed: done.every(({ differing }) => differing.length === 0),
            cutoff: definition.cutoff,
            horizon: definition.horizon,
            checks: done,
          };
        },
        { memory_mb: 800 },
      ),
    signal,
  );
}

/** A change, and what of the frame has to stay the same. */
interface Check {
  readonly name: string;
  readonly changed: string;
  readonly must_hold: string;
  readonly statements: readonly Statement[];
  readonly frames: readonly FrameKind[];
  /** Whether the frame has to have the same rows. */
  readonly sameRows: boolean;
  readonly held: Held;
}

function checksOf({ plan, range }: Planned): Check[] {
  const { cutoff } = plan.scope;
  const date = dateOf(cutoff);
  const facts = "sales, inventory, traffic and weather";
  const lags = plan.columns.flatMap(({ lag }) => lag ?? []);
  const least = Math.min(...lags, plan.scope.horizon);
  const first = dayOf(range.from);
  return [
    {
      name: "facts after the cutoff",
      changed: `${facts} after ${date}`,
      must_hold: "every row, training and future",
      statements: factsAfter(date),
      frames: ["training", "future"],
      sameRows: true,
      held: () => "all",
    },
    {
      name: "plans after the cutoff",
      changed: `prices and promotions that start after ${date}, and ends after it`,
      must_hold: "training but planned ends; of the future all but prices and promotions",
      statements: plansAfter(date),
      frames: ["training", "future"],
      sameRows: true,
      held: ({ driver, looksAhead }, frame) => {
        if (driver !== "price" && driver !== "promotion") return "all";
        return frame === "training" && looksAhead === undefined ? "all" : "none";
      },
    },
    {
      name: "holidays after the cutoff",
      changed: `holidays after ${date}`,
      must_hold: "training but days_to_holiday; of the future all but the calendar",
      statements: holidaysAfter(date),
      frames: ["training", "future"],
      sameRows: true,
      held: ({ driver, looksAhead }, frame) => {
        if (driver !== "calendar") return "all";
        return frame === "training" && looksAhead === undefined ? "all" : "none";
      },
    },
    withinTraining("facts within the smallest lag", facts, cutoff - least),
    withinTraining("facts of the later half", facts, first + Math.floor((cutoff - first) / 2)),
  ];
}

/**
 * The check that later days alone cannot make: facts of training days are changed too, and a feature has to stay the same on
 * every row whose lag keeps it from them. Which series and days there are may change with the facts.
 */
function withinTraining(name: string, facts: string, day: number): Check {
  return {
    name,
    changed: `${facts} after ${dateOf(day)}`,
    must_hold: `training features up to their lag after ${dateOf(day)}`,
    statements: factsAfter(dateOf(day)),
    frames: ["training"],
    sameRows: false,
    held: (column) => heldWithin(column, day),
  };
}

function heldWithin(column: Column, day: number): "all" | { readonly upTo: string } {
  if (column.class === "static" || column.class === "future") return "all";
  return { upTo: dateOf(day + (column.lag ?? 0)) };
}

function outcomeOf(
  { name, changed, must_hold }: Check,
  rows: number,
  compared: readonly Compared[],
): AuditCheck {
  const sum = (count: (one: Compared) => number) => compared.reduce((total, one) => total + count(one), 0);
  return {
    name,
    changed,
    must_hold,
    perturbed: rows,
    rows: sum((one) => one.rows),
    cells: sum((one) => one.cells),
    differing: compared.flatMap(({ differing }) => differing),
  };
}

interface Making {
  readonly engine: Engine;
  readonly source: Source;
  readonly planned: Planned;
  readonly name: string;
}

/** The frame of the scratch copy as it is now, as files; its tables are in a schema of their own while it is made. */
async function makeCopy({ engine, source, planned, name }: Making): Promise<Copy> {
  const { plan } = planned;
  await engine.run("CREATE SCHEMA making; USE making");
  await stageFrame(engine, source, planned);
  if (name === "before") await requireSeries(engine, planned);
  let block = 0;
  const append = async (frame: FrameKind, sql: string) => {
    const path = quoteLiteral(fileOf(engine, name, frame, block++));
    await engine.run(`COPY (${sql}) TO ${path} (FORMAT parquet)`);
    return 0;
  };
  await computeFrame(engine, plan, { append });
  if (block === 0) {
    // Of no series there are no rows, but columns to compare.
    for (const sql of plan.block(0, -1)) await engine.run(sql);
    for (const frame of ["training", "future"] as const) await append(frame, plan.rows[frame]);
  }
  await engine.run("USE main; DROP SCHEMA making CASCADE");
  return { name, columns: plan.columns };
}

async function removeCopy(engine: Engine, name: string): Promise<void> {
  for (const frame of ["training", "future"] as const) {
    for (const file of filesOf(engine, name, frame)) await rm(file);
  }
}
