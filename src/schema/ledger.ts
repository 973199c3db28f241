import { sql } from "drizzle-orm";
import { bigint, check, index, jsonb, pgTable, primaryKey, timestamp, varchar } from "drizzle-orm/pg-core";

/** A file of a load, as the ledger keeps it. */
export interface LedgerFile {
  /** As it was named. */
  readonly path: string;
  readonly bytes: number;
  /** Of the bytes on disk, in hexadecimal digits. */
  readonly sha256: string;
  readonly rows: number;
}

/** What a load did to one month of a partitioned table; `month` is null for a table that is not. */
export interface LedgerMonth {
  readonly month: string | null;
  readonly method: "attach" | "merge" | "rebuild" | "unchanged";
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
}

/**
 * The ledger. Grain: one load that was published, its row committed together with the rows it brought. The counts keep
 * the identity of a load: every row of the files is accounted for.
 */
export const loadRun = pgTable(
  "load_run",
  {
    id: bigint({ mode: "number" }).generatedByDefaultAsIdentity(),
    tableName: varchar({ length: 63 }).notNull(),
    files: jsonb().$type<LedgerFile[]>().notNull(),
    /** Of the mapping and everything else that says how files are read; the same file under it makes the same rows. */
    mappingSha256: varchar({ length: 64 }).notNull(),
    sourceRows: bigint({ mode: "number" }).notNull(),
    filtered: bigint({ mode: "number" }).notNull(),
    read: bigint({ mode: "number" }).notNull(),
    inserted: bigint({ mode: "number" }).notNull(),
    updated: bigint({ mode: "number" }).notNull(),
    unchanged: bigint({ mode: "number" }).notNull(),
    duplicates: bigint({ mode: "number" }).notNull(),
    rejected: bigint({ mode: "number" }).notNull(),
    /** Dimension rows the load added for what it refers to, by table. */
    created: jsonb().$type<Record<"store" | "product" | "calendar", number>>().notNull(),
    months: jsonb().$type<LedgerMonth[]>().notNull(),
    startedAt: timestamp({ withTimezone: true }).notNull(),
    finishedAt: timestamp({ withTimezone: true }).notNull(),
    /** The role of the database that loaded. */
    loadedBy: varchar({ length: 63 }).notNull().default(sql`CURRENT_USER`),
    /** The version of this package that loaded. */
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
