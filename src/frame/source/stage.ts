import { quoteLiteral } from "../../database/identifiers.ts";
import { boundsOf, monthsBetween } from "../../database/months.ts";
import type { Engine } from "../../duckdb/engine.ts";
import type { Source, Staged } from "./source.ts";

/** A query's share of a table: all of it, or one month. */
interface Piece {
  readonly staged: Staged;
  readonly where: string;
}

/**
 * Makes the staged tables. Large ones leave the warehouse month by month, as many at a time as the source has lanes; while a month
 * is on its way, the engine reads the one before it.
 */
export async function stageAll(
  engine: Engine,
  source: Source,
  tables: readonly Staged[],
  range: { readonly from: string; readonly to: string },
  onPiece: (done: number, of: number) => void = () => {},
): Promise<void> {
  for (const { table, columns } of tables) {
    await engine.run(
      `CREATE TABLE ${table} (${columns.map(({ name, type }) => `${name} ${type}`).join(", ")})`,
    );
  }
  const pieces = interleaved(tables.map((staged) => piecesOf(staged, range)));
  const waiting = [...pieces];
  let done = 0;
  const lane = async (number: number) => {
    let reading = Promise.resolve();
    try {
      for (let piece = waiting.shift(); piece !== undefined; piece = waiting.shift()) {
        const { done: read } = await source.read(engine, number, piece.staged, piece.where);
        // An error of the reading is met at the next turn; until then it must not count as unhandled.
        read.catch(() => {});
        await reading;
        reading = read;
        onPiece(++done, pieces.length);
      }
    } catch (error) {
      waiting.length = 0;
      throw error;
    } finally {
      await reading;
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: source.lanes }, (_, number) => lane(number)));
  for (const outcome of lanes) if (outcome.status === "rejected") throw outcome.reason;
}

/** Months in one order for every run: rows are read in the order of days. */
function piecesOf(staged: Staged, { from, to }: { from: string; to: string }): Piece[] {
  const { day } = staged;
  if (day === null) return [{ staged, where: "true" }];
  const months = monthsBetween(from.slice(0, 7), to.slice(0, 7));
  return months.map((month, index) => {
    const bounds = boundsOf(month);
    const parts = [
      ...(index === 0 ? [] : [`${day} >= DATE ${quoteLiteral(bounds.from)}`]),
      ...(index === months.length - 1 ? [] : [`${day} < DATE ${quoteLiteral(bounds.to)}`]),
    ];
    return { staged, where: parts.length === 0 ? "true" : parts.join(" AND ") };
  });
}

/** The first piece of each table, then the second of each: large tables advance together, small ones come early. */
function interleaved(lists: readonly (readonly Piece[])[]): Piece[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, index) => lists.flatMap((list) => list[index] ?? [])).flat();
}
