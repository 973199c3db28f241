import { sql } from "drizzle-orm";
import { bigint, check, index, jsonb, pgTable, primaryKey, timestamp, varchar } from "drizzle-orm/pg-core";

/** A loaded file in the ledger. Grain: one element per file. */
export interface LedgerFile {
  /** The path as the user gave it. */
  readonly path: string;
  readonly bytes: number;
  /** Of the bytes on disk, as 64 hexadecimal digits. */
  readonly sha256: string;
  /** The rows in the file. */
  readonly rows: number;
}

/** The changes of a load. Grain: one element per month; for a table without partitions one element, with `month` null. */
export interface LedgerMonth {
  /** `2024-02`, or null. */
  readonly month: string | null;
  readonly method: "attach" | "merge" | "rebuild" | "unchanged";
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
}

/**
 * The ledger. Grain: one row per published load, committed together with the rows of the load. The checks on the counts ensure
 * that every row of the files is accounted for.
 */
export const loadRun = pgTable(
  "load_run",
  {
    id: bigint({ mode: "number" }).generatedByDefaultAsIdentity(),
    tableName: varchar({ length: 63 }).notNull(),
    files: jsonb().$type<LedgerFile[]>().notNull(),
    /** Of the mapping and of all options for reading the files. The same file with the same hash gives the same rows. */
    mappingSha256: varchar({ length: 64 }).notNull(),
    sourceRows: bigint({ mode: "number" }).notNull(),
    filtered: bigint({ mode: "number" }).notNull(),
    read: bigint({ mode: "number" }).notNull(),
    inserted: bigint({ mode: "number" }).notNull(),
    updated: bigint({ mode: "number" }).notNull(),
    unchanged: bigint({ mode: "number" }).notNull(),
    duplicates: bigint({ mode: "number" }).notNull(),
    rejected: bigint({ mode: "number" }).notNull(),
    /** How many dimension rows the load added because its rows refer to them, by table. */
    created: jsonb().$type<Record<"store" | "product" | "calendar", number>>().notNull(),
    months: jsonb().$type<LedgerMonth[]>().notNull(),
    startedAt: timestamp({ withTimezone: true }).notNull(),
    finishedAt: timestamp({ withTimezone: true }).notNull(),
    /** The database role that ran the load. */
    loadedBy: varchar({ length: 63 }).notNull().default(sql`CURRENT_USER`),
    /** The version of this package that ran the load. */
    version: varchar({ length: 50 }).notNull(),
  },
  (t) => [
    primaryKey({ name: "pk_load_run", columns: [t.id] }),
    index("ix_load_run_table_name").on(t.tableName),
    index("ix_load_run_files").using("gin", t.files.op("jsonb_path_ops")),
    check("ck_load_run_source_rows", sql`${t.sourceRows} = ${t.filtered} + ${t.read}`),
    check(
      "ck_load_run_identity",
      sql`${t.read} = ${t.inserted} + ${t.updated} + ${t.unchanged} + ${t.duplicates} + ${t.rejected}`,
    ),
    check("ck_load_run_times", sql`${t.finishedAt} >= ${t.startedAt}`),
  ],
);
