import { quoteLiteral } from "../../database/identifiers.ts";
import { boundsOf, monthsBetween } from "../../database/months.ts";
import type { Engine } from "../../duckdb/engine.ts";
import type { WarehouseReader } from "./reader.ts";
import { type StagingTable, stagedColumns } from "./staging-table.ts";

/** What one query reads of a table: all of it, or one month. */
interface Slice {
  readonly staging: StagingTable;
  readonly where: string;
}

/**
 * Makes and fills the staging tables. Large tables leave the warehouse month by month, as many months at a time as the reader
 * has connections. While a month is on its way, the engine reads the month before it.
 *
 * @param range the first and the last day with facts
 * @param onSlice called with the number of months and tables that have left the warehouse, and of how many
 */
export async function stageTables(
  engine: Engine,
  reader: WarehouseReader,
  tables: readonly StagingTable[],
  range: { readonly from: string; readonly to: string },
  onSlice: (done: number, of: number) => void = () => {},
): Promise<void> {
  for (const staging of tables) {
    const columns = stagedColumns(staging).map(({ name, type }) => `${name} ${type}`);
    await engine.run(`CREATE TABLE ${staging.table} (${columns.join(", ")})`);
  }
  const slices = interleaved(tables.map((staging) => slicesOf(staging, range)));
  const waiting = [...slices];
  let done = 0;
  const readOn = async (connection: number) => {
    let inserting = Promise.resolve();
    try {
      for (let slice = waiting.shift(); slice !== undefined; slice = waiting.shift()) {
        const { done: inserted } = await reader.read(engine, connection, slice.staging, slice.where);
        // Its error is thrown at the next turn. Until then it must not count as unhandled.
        inserted.catch(() => {});
        await inserting;
        inserting = inserted;
        onSlice(++done, slices.length);
      }
    } catch (error) {
      waiting.length = 0;
      throw error;
    } finally {
      await inserting;
    }
  };
  const connections = Array.from({ length: reader.connections }, (_, connection) => readOn(connection));
  for (const outcome of await Promise.allSettled(connections)) {
    if (outcome.status === "rejected") throw outcome.reason;
  }
}

/** The months in their order, which is the same in every run. */
function slicesOf(staging: StagingTable, { from, to }: { from: string; to: string }): Slice[] {
  const { day } = staging;
  if (day === null) return [{ staging, where: "true" }];
  const months = monthsBetween(from.slice(0, 7), to.slice(0, 7));
  return months.map((month, index) => {
    const bounds = boundsOf(month);
    const conditions = [
      ...(index === 0 ? [] : [`${day} >= DATE ${quoteLiteral(bounds.from)}`]),
      ...(index === months.length - 1 ? [] : [`${day} < DATE ${quoteLiteral(bounds.to)}`]),
    ];
    return { staging, where: conditions.length === 0 ? "true" : conditions.join(" AND ") };
  });
}

/** The first slice of each table, then the second of each: large tables advance together, and small ones come early. */
function interleaved(lists: readonly (readonly Slice[])[]): Slice[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, index) => lists.flatMap((list) => list[index] ?? [])).flat();
}
