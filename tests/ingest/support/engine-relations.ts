import type { Engine } from "../../../src/duckdb/engine.ts";
import { type EngineTable, engineTables } from "../../../src/ingest/engine-tables.ts";
import { targetsOf } from "../../../src/ingest/target-columns.ts";
import { contractOf } from "../../../src/schema/contracts.ts";
import { tableNames } from "../../../src/schema/tables.ts";

/* What DuckDB holds during loads, compared with the declarations. */

interface Found {
  readonly name: string;
  readonly kind: "table" | "view" | "type";
  /** Columns with their types. */
  readonly columns: Record<string, string>;
}

/** Collects the tables, views and types that DuckDB holds, and what is wrong with them. */
export class RelationsMet {
  readonly #problems = new Set<string>();
  /** Names of declarations, and of their columns: `source_file`, `source_file.path`. */
  readonly #met = new Set<string>();

  get problems(): string[] {
    return [...this.#problems].sort();
  }

  async inspect(engine: Engine): Promise<void> {
    // In one statement, because a load runs others at the same time.
    const rows = await engine.rows<Pick<Found, "name" | "kind"> & { column: string | null; type: string }>(`
      WITH relation AS (
        SELECT table_name AS name, 'table' AS kind FROM duckdb_tables() WHERE NOT internal
        UNION ALL
        SELECT view_name, 'view' FROM duckdb_views() WHERE NOT internal
        UNION ALL
        SELECT type_name, 'type' FROM duckdb_types() WHERE NOT internal
      )
      SELECT relation.name, kind, column_name AS column, data_type AS type
      FROM relation
      LEFT JOIN duckdb_columns() AS columns ON columns.table_name = relation.name AND NOT columns.internal
    `);
    for (const { name, kind } of new Map(rows.map((row) => [row.name, row])).values()) {
      const own = rows.filter((row) => row.name === name && row.column !== null);
      this.#compare({
        name,
        kind,
        columns: Object.fromEntries(own.map(({ column, type }) => [column, type])),
      });
    }
  }

  #compare(found: Found): void {
    const declared = declarations.find(({ name }) => patternOf(name).test(found.name));
    if (declared === undefined) {
      this.#problems.add(`the ${found.kind} ${found.name} is not declared`);
      return;
    }
    this.#met.add(declared.name);
    if (!declared.kind.includes(found.kind)) {
      this.#problems.add(`${found.name} is a ${found.kind} and declared as a ${declared.kind}`);
    }
    const left = new Map(Object.entries(found.columns));
    for (const [pattern, [type, , when]] of Object.entries(declared.columns)) {
      const matching = [...left].filter(([name]) => patternOf(pattern).test(name));
      if (matching.length === 0 && when === undefined) {
        this.#problems.add(`${found.name} has no column ${pattern}`);
      }
      for (const [name, actual] of matching) {
        left.delete(name);
        this.#met.add(`${declared.name}.${pattern}`);
        const expected = type.split(" or ");
        if (type !== "of the column" && !expected.some((start) => actual.startsWith(start))) {
          this.#problems.add(`${found.name}.${name} is ${actual} and declared as ${type}`);
        }
      }
    }
    for (const name of left.keys()) this.#problems.add(`the column ${found.name}.${name} is not declared`);
  }

  /** Declarations, and columns of them, that no load had. */
  neverMet(): string[] {
    return declarations
      .flatMap(({ name, columns }) => [name, ...Object.keys(columns).map((column) => `${name}.${column}`)])
      .filter((name) => !this.#met.has(name));
  }
}

const declarations: readonly EngineTable[] = Object.values(engineTables);

const targets = tableNames.flatMap((name) => targetsOf(contractOf(name)));
const oneOf = (names: readonly string[]) => `(${[...new Set(names)].join("|")})`;

/** Patterns for the parts of a name in braces. */
const parts: Record<string, string> = {
  dimension: "(store|product|calendar)",
  month: "(\\d{4}-\\d{2}|all)",
  input: oneOf(targets.map(({ input }) => input)),
  column: oneOf(targets.map(({ column }) => column)),
  n: "\\d+",
  source: ".+",
};

function patternOf(name: string): RegExp {
  const escaped = name.replaceAll(/[?~!^]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll(/\{(\w+)\}/g, (_, part: string) => parts[part] ?? part)}$`);
}
