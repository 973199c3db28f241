import { entries, type ForeignKeySnapshot, type Snapshot, same, type TableSnapshot } from "./snapshot.ts";

/* What foreign keys ask of the order of statements. */

/**
 * Whether nothing a foreign key rests on changes: the types of its columns on both sides, and the keys of the table it
 * refers to. Tables that leave may refer to each other, but not in a circle.
 */
export function restsOnTheSame(
  from: string,
  { tableTo, columnsFrom, columnsTo }: ForeignKeySnapshot,
  source: Snapshot,
  target: Snapshot,
): boolean {
  const to = keyOf(tableTo);
  const after = target.tables[to];
  if (after === undefined) return to === from || !reaches(source, to, from);
  const before = source.tables[to];
  const sameColumns = (key: string, names: readonly string[]) =>
    names.every((name) => {
      const [old, later] = [source.tables[key]?.columns[name], target.tables[key]?.columns[name]];
      return !(key in target.tables) || (old?.type === later?.type && same(old?.generated, later?.generated));
    });
  return (
    sameColumns(from, columnsFrom) &&
    sameColumns(to, columnsTo) &&
    same(before?.compositePrimaryKeys, after.compositePrimaryKeys) &&
    same(before?.uniqueConstraints, after.uniqueConstraints) &&
    same(uniqueIndexes(before), uniqueIndexes(after))
  );
}

const uniqueIndexes = (table: TableSnapshot | undefined) =>
  entries(table?.indexes ?? {}, (_, { isUnique }) => isUnique);

/** Whether foreign keys lead from one table to another. */
function reaches({ tables }: Snapshot, from: string, to: string, seen = new Set<string>()): boolean {
  if (from === to) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  return Object.values(tables[from]?.foreignKeys ?? {}).some(({ tableTo }) =>
    reaches({ tables } as Snapshot, keyOf(tableTo), to, seen),
  );
}

/** One snapshot less a table each time, those that refer to others before those they refer to. */
export function dropOneByOne(start: Snapshot, leaving: readonly string[]): Snapshot[] {
  const snapshots: Snapshot[] = [];
  let current = start;
  for (const left = [...leaving]; left.length > 0; ) {
    const next = left.find((key) => !left.some((other) => other !== key && refersTo(current, other, key)));
    const key = next ?? left[0] ?? "";
    left.splice(left.indexOf(key), 1);
    const { [key]: _, ...tables } = current.tables;
    current = { ...current, tables };
    snapshots.push(current);
  }
  return snapshots;
}

function refersTo({ tables }: Snapshot, from: string, to: string): boolean {
  return Object.values(tables[from]?.foreignKeys ?? {}).some(({ tableTo }) => keyOf(tableTo) === to);
}

const keyOf = (table: string) => `public.${table}`;
