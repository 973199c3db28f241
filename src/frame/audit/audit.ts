import { rm } from "node:fs/promises";
import { type Client, type Database, withClient } from "../../database/connection.ts";
import { quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import * as kinds from "../../system/arguments.ts";
import type { FrameKind } from "../columns.ts";
import { computeFrames } from "../compute.ts";
import { type CheckedDefinition, checkDefinition, type FrameDefinition } from "../definition.ts";
import type { Driver } from "../drivers/driver.ts";
import { allDrivers } from "../drivers/index.ts";
import { withFrameEngine } from "../engine.ts";
import { extractFacts, type PreparedFrames, prepareFrames, requireSeries } from "../prepare.ts";
import { frameTables } from "../source/frame-tables.ts";
import type { WarehouseReader } from "../source/reader.ts";
import { readerOf } from "../source/snapshot.ts";
import { type Check, checksOf } from "./checks.ts";
import { type Comparison, compareFrames, type FrameFiles, filesOf, pathOf } from "./compare-frames.ts";
import type { AuditCheck, AuditReport } from "./report.ts";
import { makeScratch, withPerturbation } from "./scratch.ts";

export interface AuditRequest extends FrameDefinition {
  /** Interrupts the audit. */
  readonly signal?: AbortSignal | undefined;
  /** Called before each frame is computed: with `the frame as it is`, then with the name of each check. */
  readonly onCheck?: ((name: string, done: number, of: number) => void) | undefined;
}

/**
 * Computes the frame, changes what it must not depend on, computes it again, and compares all cells. The changes are made in
 * temporary tables of one connection; the warehouse is only read. A frame that leaks is a result, not an exception.
 *
 * @param extra drivers that no spec can name, to be audited with those of the spec. Default: none
 * @returns the checks, with every column that changed and must not
 * @throws DATE_INVALID, TIME_INVALID, USAGE, FRAME_SPEC_INVALID, FRAME_NO_SALES, FRAME_CUTOFF_OUTSIDE, FRAME_SELECTION_UNKNOWN,
 * FRAME_SELECTION_EMPTY, FRAME_CALENDAR_INCOMPLETE, FRAME_SERIES_AMBIGUOUS, SCHEMA_MISSING, SPACE_EXHAUSTED, and the errors of
 * files and of connecting
 * @example
 * import { auditFrame, databaseOf } from "forecastlab";
 *
 * const database = databaseOf("postgres://localhost:5432/retail");
 * const { passed, checks } = await auditFrame(database, { cutoff: "2024-05-14", horizon: 28 });
 * console.log(passed);
 * for (const { name, cells, differing } of checks) console.log(name, cells, differing.length);
 */
export async function auditFrame(
  database: Database,
  request: AuditRequest,
  extra: readonly Driver[] = [],
): Promise<AuditReport> {
  kinds.requireArguments(
    "auditFrame",
    { database, request },
    { database: kinds.database, request: kinds.object },
  );
  kinds.requireArguments("auditFrame", request, { "onCheck?": kinds.callback });
  const { signal } = request;
  const definition = await checkDefinition("auditFrame", request);
  const audit = (client: Client) =>
    withFrameEngine(signal, (engine) => auditIn({ client, engine, definition, extra }, request));
  return withClient(database, audit, signal);
}

interface Audit {
  readonly client: Client;
  readonly engine: Engine;
  readonly definition: CheckedDefinition;
  readonly extra: readonly Driver[];
}

async function auditIn(
  { client, engine, definition, extra }: Audit,
  { onCheck = () => {} }: AuditRequest,
): Promise<AuditReport> {
  const drivers = [...allDrivers, ...extra];
  await makeScratch(client, frameTables(drivers));
  const reader = readerOf([client]);
  // Planned once, before anything is changed.
  const prepared = await prepareFrames(reader, definition, { extra });
  const compute = (name: string) => computeFiles(engine, reader, prepared, name);
  const checks = checksOf(prepared, drivers);
  onCheck("the frame as it is", 0, checks.length);
  const before = await compute("before");
  const done: AuditCheck[] = [];
  for (const check of checks) {
    onCheck(check.name, done.length + 1, checks.length);
    const { rows, result } = await withPerturbation(client, check.statements, check.day, () =>
      compute("after"),
    );
    const comparisons: Comparison[] = [];
    for (const frame of check.frames) {
      comparisons.push(await compareFrames(engine, [before, result], frame, check));
    }
    await removeFiles(engine, result);
    done.push(resultOf(check, rows, comparisons));
  }
  return {
    passed: done.every(({ differing }) => differing.length === 0),
    cutoff: definition.cutoffs[0] ?? "",
    horizon: definition.horizon,
    freq: definition.spec.freq,
    checks: done,
  };
}

function resultOf(
  { name, changed, must_hold }: Check,
  perturbed: number,
  comparisons: readonly Comparison[],
): AuditCheck {
  const sum = (count: (comparison: Comparison) => number) =>
    comparisons.reduce((total, comparison) => total + count(comparison), 0);
  return {
    name,
    changed,
    must_hold,
    perturbed,
    rows: sum(({ rows }) => rows),
    cells: sum(({ cells }) => cells),
    differing: comparisons.flatMap(({ differing }) => differing),
  };
}

/** Computes the frame of the scratch copy as it is now into files. Its tables of the engine are in a schema of their own. */
async function computeFiles(
  engine: Engine,
  reader: WarehouseReader,
  prepared: PreparedFrames,
  name: string,
): Promise<FrameFiles> {
  const { plan, folds } = prepared;
  await engine.run("CREATE SCHEMA audited; USE audited");
  await extractFacts(engine, reader, prepared);
  if (name === "before") await requireSeries(engine, prepared);
  let block = 0;
  const append = async (_fold: number, frame: FrameKind, sql: string) => {
    const path = quoteLiteral(pathOf(engine, name, frame, block++));
    await engine.run(`COPY (${sql}) TO ${path} (FORMAT parquet)`);
    return 0;
  };
  await computeFrames(engine, plan, folds, { append });
  if (block === 0) {
    // Without series there are no rows, but there are columns to compare.
    for (const sql of plan.block(0, -1)) await engine.run(sql);
    for (const { fold, columns } of folds) {
      for (const frame of ["training", "future"] as const) {
        const shown = columns.filter(({ frames }) => frames.includes(frame)).map(({ name }) => name);
        const rows = plan.rows(fold, frame, columns, `(${plan.blockRows})`);
        await append(0, frame, `SELECT ${shown.join(", ")} FROM (${rows})`);
      }
    }
  }
  await engine.run("USE main; DROP SCHEMA audited CASCADE");
  return { name, columns: plan.columns };
}

async function removeFiles(engine: Engine, { name }: FrameFiles): Promise<void> {
  for (const frame of ["training", "future"] as const) {
    for (const file of filesOf(engine, name, frame)) await rm(file);
  }
}
