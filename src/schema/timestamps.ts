import { timestamp } from "drizzle-orm/pg-core";

/**
 * When a row was first recorded and last changed. `created_at` is the knowledge time of a fact: frames use it to reconstruct
 * what was known on a day. `updated_at` is set by a trigger (migration 0001), because hooks of an ORM do not see COPY and plain
 * SQL.
 */
export const timestamps = {
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
};
