import { readFileSync, rmSync } from "node:fs";
import { expect } from "vitest";
import type { Database } from "../../../src/database/connection.ts";
import { type LoadResult, load, loadRuns } from "../../../src/ingest/index.ts";
import { query, type Workspace } from "./load.ts";
import {
  type Changes,
  type Expected,
  expectLoad,
  keyOf,
  type Subject,
  sha256,
  type Table,
  type Values,
} from "./model.ts";
import { csvOf, type FileRows, recordsOf, type Step } from "./steps.ts";

/* A random sequence of loads, compared step by step with the model. */

interface Stored {
  readonly key: string;
  readonly values: Values;
  readonly month: string;
  readonly id: string;
  readonly created: string;
  readonly updated: string;
  /** The transaction that wrote the row. */
  readonly xmin: string;
  readonly partition: string;
}

async function storedIn(database: Database, subject: Subject): Promise<Map<string, Stored>> {
  const names = subject.columns.map(({ name }) => {
    if (name === "store_code") return "store.code AS store_code";
    return name === "sku" ? "product.sku" : `fact.${name}::text`;
  });
  const rows = await query<Values & Omit<Stored, "key" | "values" | "month">>(
    database,
    `SELECT ${names.join(", ")}, fact.id, fact.created_at::text AS created, fact.updated_at::text AS updated,
       fact.xmin::text, fact.tableoid::regclass::text AS partition
     FROM ${subject.table} AS fact
     JOIN product ON product.id = product_id
     LEFT JOIN store ON store.id = store_id`,
  );
  return new Map(
    rows.map(({ id, created, updated, xmin, partition, ...values }) => {
      const key = keyOf(subject, values);
      const month = subject.partitioned ? (values.date ?? "").slice(0, 7) : "all";
      return [key, { key, values, month, id, created, updated, xmin, partition }];
    }),
  );
}

const contentOf = (stored: ReadonlyMap<string, Stored>): Table =>
  new Map([...stored].map(([key, { values }]) => [key, values]));

/** Empties the table and the ledger, and drops the partitions. */
export async function emptyTable(database: Database, table: string): Promise<void> {
  await query(
    database,
    `DO $$
     DECLARE partition regclass;
     BEGIN
       FOR partition IN
         SELECT inhrelid FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
         WHERE inhparent = '${table}'::regclass AND pg_get_expr(relpartbound, inhrelid) <> 'DEFAULT'
       LOOP
         EXECUTE 'DROP TABLE ' || partition;
       END LOOP;
       TRUNCATE ${table}, load_run;
     END $$`,
  );
}

/** A running sequence: the model, the table, and what the ledger should know. */
export class Sequence {
  readonly #database: Database;
  readonly #workspace: Workspace;
  readonly #subject: Subject;
  readonly #methods: Set<string>;
  readonly #loads: (Extract<Step, { kind: "load" }> & { paths: string[] })[] = [];
  /** From content and policy of a file that was loaded without a reject to the last load of it. */
  readonly #known = new Map<string, number>();
  /** From these loads to how many files they had. */
  readonly #sizes = new Map<number, number>();
  #runs = 0;
  #table: Table = new Map();
  #stored: ReadonlyMap<string, Stored> = new Map();

  constructor(database: Database, workspace: Workspace, subject: Subject, methods: Set<string>) {
    [this.#database, this.#workspace] = [database, workspace];
    [this.#subject, this.#methods] = [subject, methods];
  }

  async run(step: Step): Promise<void> {
    if (step.kind === "insert") return this.#insert(step.rows);
    if (step.kind === "load") {
      const paths = step.files.map((file) => this.#write(step.header, file));
      this.#loads.push({ ...step, paths });
      return this.#load({ ...step, paths }, false);
    }
    const before = this.#loads[step.load % this.#loads.length];
    if (before === undefined) return;
    const old = step.renamed
      ? before.paths.map((path) => this.#workspace.csv(readFileSync(path)))
      : before.paths;
    const more = step.more ?? [];
    const paths = [...old, ...more.map((file) => this.#write(before.header, file))];
    await this.#load({ ...before, files: [...before.files, ...more], paths }, step.again);
  }

  #write(header: readonly string[], file: FileRows): string {
    return this.#workspace.csv(csvOf([header, ...recordsOf(file, header)]));
  }

  async #insert(rows: readonly (readonly string[])[]): Promise<void> {
    const { columns, table } = this.#subject;
    const model = new Map(this.#table);
    for (const row of rows) {
      const values = Object.fromEntries(
        columns.map(({ name, read }, index) => [name, read(row[index] ?? "")]),
      );
      const key = keyOf(this.#subject, values as Values);
      if (model.has(key)) continue;
      model.set(key, values as Values);
      const names = columns.map(({ name }) =>
        name.replace("store_code", "store_id").replace("sku", "product_id"),
      );
      const given = columns.map(({ name }, index) => {
        if (name === "store_code") return `(SELECT id FROM store WHERE code = $${index + 1})`;
        return name === "sku" ? `(SELECT id FROM product WHERE sku = $${index + 1})` : `$${index + 1}`;
      });
      await query(
        this.#database,
        `INSERT INTO ${table} (${names.join(", ")}) VALUES (${given.join(", ")})`,
        columns.map(({ name }) => values[name]),
      );
    }
    this.#table = model;
    this.#stored = await storedIn(this.#database, this.#subject);
    expect(contentOf(this.#stored)).toEqual(model);
  }

  async #load(
    step: Extract<Step, { kind: "load" }> & { paths: readonly string[] },
    again: boolean,
  ): Promise<void> {
    const files = step.paths.map((path, index) => {
      const content = readFileSync(path);
      return {
        path,
        sha256: sha256(content),
        bytes: content.length,
        records: recordsOf(step.files[index] as FileRows, step.header),
      };
    });
    const markOf = (file: { sha256: string }) => `${file.sha256} ${step.policy}`;
    const known = files.filter((file) => !again && this.#known.has(markOf(file)));
    // If a row may be made of rows of several files, files are left out only together, as they were loaded.
    const folds = step.policy === "sum" || step.policy === "first";
    const loads = new Set(known.map((file) => this.#known.get(markOf(file))));
    const together = known.length === files.length && loads.size === 1;
    const sameFiles = [...loads].every((id) => this.#sizes.get(id ?? 0) === files.length);
    const fresh = folds && !(together && sameFiles) ? files : files.filter((file) => !known.includes(file));
    const allowed = (read: number) =>
      "rows" in step.maxRejects ? step.maxRejects.rows : Math.floor((read * step.maxRejects.percent) / 100);
    const expected = expectLoad(
      this.#subject,
      this.#table,
      { header: step.header, records: fresh.flatMap(({ records }) => records), policy: step.policy },
      allowed,
    );

    const rejects = this.#workspace.path("rejects.csv");
    rmSync(rejects, { force: true });
    const result = await load(this.#database, {
      ...{ table: this.#subject.table, files: step.paths, rejects },
      ...{ maxRejects: step.maxRejects, onDuplicate: step.policy, again },
    });

    const published = fresh.length > 0 && expected.counts.published;
    expect(result).toMatchObject(expected.counts);
    expect(result.source_rows).toBe(result.filtered + result.read);
    const { inserted, updated, unchanged, duplicates, rejected, withheld } = result;
    expect(inserted + updated + unchanged + duplicates + rejected + withheld).toBe(result.read);
    expect(result.files).toEqual(fresh.map(({ records, ...file }) => ({ ...file, rows: records.length })));
    expect(result.already_loaded.map(({ path, load_id }) => [path, load_id])).toEqual(
      files.filter((file) => !fresh.includes(file)).map((file) => [file.path, this.#known.get(markOf(file))]),
    );
    await this.#compareLedger(result, published);
    const before = this.#stored;
    this.#stored = await storedIn(this.#database, this.#subject);
    expect(contentOf(this.#stored)).toEqual(expected.table);
    this.#compareMonths(before, expected, result);
    this.#compareVersions(before, expected, result);
    this.#table = expected.table;
    if (!published || rejected > 0) return;
    this.#sizes.set(result.load_id as number, fresh.length);
    for (const file of fresh) this.#known.set(markOf(file), result.load_id as number);
  }

  /** The ledger has one more row, with the counts of the result; or no more rows if nothing was published. */
  async #compareLedger(result: LoadResult, published: boolean): Promise<void> {
    const runs = await loadRuns(this.#database, { limit: 1_000 });
    if (published) this.#runs++;
    expect(runs).toHaveLength(this.#runs);
    if (!published) {
      expect(result.load_id).toBeNull();
      return;
    }
    const { table, files, source_rows, filtered, read, rejected, duplicates, created } = result;
    const { inserted, updated, unchanged } = result;
    const counts = {
      source_rows,
      filtered,
      read,
      inserted,
      updated,
      unchanged,
      duplicates,
      rejected,
      created,
    };
    expect(runs[0]).toMatchObject({ id: result.load_id, table, files, ...counts });
    const months = runs[0]?.months ?? [];
    if (this.#subject.partitioned) {
      expect(months).toEqual(result.months.map(({ rows: _, ...month }) => month));
    } else {
      expect(result.months).toEqual([]);
      const method = inserted + updated > 0 ? "merge" : "unchanged";
      const all = inserted + updated + unchanged;
      expect(months).toEqual(all === 0 ? [] : [{ month: null, method, inserted, updated, unchanged }]);
    }
    for (const { method } of months) this.#methods.add(method);
  }

  /** Each month changed as in the model, by a method that its state allows. */
  #compareMonths(before: ReadonlyMap<string, Stored>, expected: Expected, result: LoadResult): void {
    if (!this.#subject.partitioned) return;
    const changes = result.months.map(({ month, inserted, updated, unchanged }) => [
      month,
      { inserted, updated, unchanged } satisfies Changes,
    ]);
    expect(changes).toEqual([...expected.months].sort());
    const inDefault = ({ partition }: Stored) => partition.endsWith("_default");
    for (const { month, method, rows, inserted, updated, unchanged } of result.months) {
      expect(rows).toBe(inserted + updated + unchanged);
      const old = [...before.values()].filter((row) => row.month === month);
      if (inserted + updated === 0) expect(method).toBe("unchanged");
      else if (old.length === 0) expect(method).toBe("attach");
      else if (old.some(inDefault)) expect(method).toBe("rebuild");
      else expect(["merge", "rebuild"]).toContain(method);
      if (method === "unchanged") continue;
      const now = [...this.#stored.values()].filter((row) => row.month === month);
      const name = `${this.#subject.table}_${month.replace("-", "_")}`;
      expect([...new Set(now.map(({ partition }) => partition))]).toEqual([name]);
    }
  }

  /** Rows keep id and created_at; updated_at changes only in rows that were updated; the others are not written. */
  #compareVersions(before: ReadonlyMap<string, Stored>, expected: Expected, result: LoadResult): void {
    const moved = result.months.filter(({ method }) => method === "rebuild").map(({ month }) => month);
    const newest = [...before.values()].reduce((max, { updated }) => (updated > max ? updated : max), "");
    const ids = new Set([...before.values()].map(({ id }) => id));
    for (const [key, row] of this.#stored) {
      const old = before.get(key);
      if (old === undefined) {
        if (ids.has(row.id) || row.created !== row.updated || row.created <= newest) expect(row).toBe("new");
        continue;
      }
      const kept = row.id === old.id && row.created === old.created;
      const changed = row.updated > old.updated;
      const written = row.xmin !== old.xmin && !moved.includes(row.month);
      const updated = expected.updated.has(key);
      if (!kept || changed !== updated || (written && !updated)) expect({ row, updated }).toEqual(old);
    }
    expect(new Set([...this.#stored.values()].map(({ id }) => id)).size).toBe(this.#stored.size);
  }
}
