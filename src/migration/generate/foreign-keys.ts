import {
  type ForeignKeySnapshot,
  filterEntries,
  isEqual,
  type Snapshot,
  type TableSnapshot,
} from "./snapshot.ts";

/* How foreign keys restrict the order of statements. */

/**
 * Whether a foreign key can stay in place: the types of its columns on both sides and the unique keys of the table it refers
 * to do not change. Tables that are both dropped may refer to each other, but not in a cycle.
 *
 * @param from the key of the table with the foreign key
 */
export function canStay(
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
      return (
        !(key in target.tables) || (old?.type === later?.type && isEqual(old?.generated, later?.generated))
      );
    });
  return (
    sameColumns(from, columnsFrom) &&
    sameColumns(to, columnsTo) &&
    isEqual(before?.compositePrimaryKeys, after.compositePrimaryKeys) &&
    isEqual(before?.uniqueConstraints, after.uniqueConstraints) &&
    isEqual(uniqueIndexes(before), uniqueIndexes(after))
  );
}

const uniqueIndexes = (table: TableSnapshot | undefined) =>
  filterEntries(table?.indexes ?? {}, (_, { isUnique }) => isUnique);

/** Whether a path of foreign keys leads from one table to another. */
function reaches({ tables }: Snapshot, from: string, to: string, seen = new Set<string>()): boolean {
  if (from === to) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  return Object.values(tables[from]?.foreignKeys ?? {}).some(({ tableTo }) =>
    reaches({ tables } as Snapshot, keyOf(tableTo), to, seen),
  );
}

/** One snapshot per dropped table, each without one more of them; referring tables go before the tables they refer to. */
export function dropOneByOne(start: Snapshot, dropped: readonly string[]): Snapshot[] {
  const snapshots: Snapshot[] = [];
  let current = start;
  for (const left = [...dropped]; left.length > 0; ) {
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
