import { canStay, dropOneByOne } from "./foreign-keys.ts";
import {
  type ColumnSnapshot,
  filterEntries,
  isEqual,
  mapValues,
  type Named,
  type Snapshot,
  type TableSnapshot,
} from "./snapshot.ts";

/*
 * Splits the change from one snapshot to another into legs that either only remove or only add. The diff engine then never
 * sees an addition together with a removal, which it would take for a rename and ask about. It also never sees a changed
 * constraint, which it would alter in place or in the wrong order: what changes is removed first and added again later.
 */

/** The snapshots from source to target, both included. Two adjacent snapshots are one leg. */
export function waypoints(source: Snapshot, target: Snapshot): Snapshot[] {
  const recreated = recreatedColumns(source, target);
  const dropped = Object.keys(source.tables).filter((key) => !(key in target.tables));
  const unlinked = withTables(withoutChangedViews(source, target), (table, key) => ({
    ...table,
    foreignKeys: filterEntries(table.foreignKeys, (name, foreignKey) => {
      if (!canStay(key, foreignKey, source, target)) return false;
      const after = target.tables[key];
      return after === undefined || isEqual(foreignKey, after.foreignKeys[name]);
    }),
  }));
  const loosened = withTables(unlinked, (table, key) => {
    const after = target.tables[key];
    return after === undefined
      ? table
      : keepRules(table, after, recreated.get(key), retypedColumns(table, after));
  });
  const emptied = withTables(loosened, (table, key) => ({
    ...table,
    columns: bareColumns(
      filterEntries(table.columns, (name) => !recreated.get(key)?.has(name)),
      target.tables[key]?.columns,
    ),
  }));
  const extended: Snapshot = {
    ...target,
    ...bothOf(source, target, ["enums", "sequences", "schemas", "roles", "policies"]),
    views: unlinked.views,
    tables: {
      ...only(emptied.tables, dropped),
      ...mapValues(target.tables, (table, key) => extend(table, emptied.tables[key])),
    },
  };
  const settled = withTables(extended, (table, key) => ({
    ...table,
    columns: { ...table.columns, ...target.tables[key]?.columns },
  }));
  const constrained = withTables(settled, (table, key) => {
    const after = target.tables[key];
    return after === undefined ? table : { ...after, columns: table.columns, foreignKeys: table.foreignKeys };
  });
  const linked = withTables({ ...constrained, views: target.views }, (table, key) => ({
    ...table,
    foreignKeys: target.tables[key]?.foreignKeys ?? table.foreignKeys,
  }));
  const fewer = dropOneByOne(linked, dropped);
  const narrowed = { ...(fewer.at(-1) ?? linked), tables: target.tables };
  return [
    source,
    unlinked,
    loosened,
    emptied,
    extended,
    settled,
    constrained,
    linked,
    ...fewer,
    narrowed,
    target,
  ];
}

/**
 * A table of the target with the columns that only the source has and the rules that both have. New generated columns are
 * added in a later leg, because they may read other new columns.
 */
function extend(after: TableSnapshot, before: TableSnapshot | undefined): TableSnapshot {
  if (before === undefined) return { ...after, foreignKeys: {} };
  const ready = filterEntries(after.columns, (name, { generated }) => name in before.columns || !generated);
  const columns = mapValues(ready, (column, name) => retyped(column, before.columns[name]));
  return { ...before, isRLSEnabled: after.isRLSEnabled, columns: { ...before.columns, ...columns } };
}

/** The column with its new type and nullability, but with its old default and identity. */
function retyped(after: ColumnSnapshot, before: ColumnSnapshot | undefined): ColumnSnapshot {
  if (before === undefined) return after;
  const { default: _, identity: __, ...column } = after;
  return {
    ...column,
    ...(before.default === undefined ? {} : { default: before.default }),
    ...(before.identity === undefined ? {} : { identity: before.identity }),
  };
}

/**
 * The table with only those indexes, keys, checks and policies that the target has too and that mention no recreated column.
 * Expressions over a column whose type changes are removed as well: PostgreSQL would keep them, but with casts from the new
 * type to the old one.
 */
function keepRules(
  table: TableSnapshot,
  after: TableSnapshot,
  recreated: Columns,
  retyped: Columns,
): TableSnapshot {
  const kept = <T>(before: Named<T>, later: Named<T>, isExpression: (rule: T) => boolean) =>
    filterEntries(
      before,
      (name, rule) =>
        isEqual(rule, later[name]) &&
        !mentions(rule, recreated) &&
        !(isExpression(rule) && mentions(rule, retyped)),
    );
  return {
    ...table,
    indexes: kept(
      table.indexes,
      after.indexes,
      ({ columns, where }) => where !== undefined || columns.some(({ isExpression }) => isExpression),
    ),
    compositePrimaryKeys: kept(table.compositePrimaryKeys, after.compositePrimaryKeys, () => false),
    uniqueConstraints: kept(table.uniqueConstraints, after.uniqueConstraints, () => false),
    checkConstraints: kept(table.checkConstraints, after.checkConstraints, () => true),
    policies: kept(table.policies, after.policies, () => true),
  };
}

type Columns = ReadonlySet<string> | undefined;

/** The columns that are in both tables and whose type changes. */
function retypedColumns(before: TableSnapshot | undefined, { columns }: TableSnapshot): Set<string> {
  const names = Object.keys(before?.columns ?? {}).filter((name) => name in columns);
  return new Set(names.filter((name) => before?.columns[name]?.type !== columns[name]?.type));
}

/**
 * The columns, by table, that cannot be altered and are dropped and added again: those that become generated, those whose
 * expression changes, and those whose expression reads a column whose type changes.
 */
function recreatedColumns(source: Snapshot, target: Snapshot): Map<string, Set<string>> {
  return new Map(
    Object.entries(target.tables).map(([key, after]) => {
      const before = source.tables[key]?.columns ?? {};
      const retyped = retypedColumns(source.tables[key], after);
      const changed = Object.entries(after.columns).filter(([name, { generated }]) => {
        const old = before[name];
        if (old === undefined || generated === undefined) return false;
        return !isEqual(old.generated, generated) || retyped.has(name) || mentions(generated, retyped);
      });
      return [key, new Set(changed.map(([name]) => name))];
    }),
  );
}

/**
 * The columns without what would prevent a change of type: an identity or an expression that is removed, and the default of a
 * column whose type changes. Such a default may not be valid for the new type, and if it is, PostgreSQL keeps it as a cast
 * from the old one. Dropped generated columns are dropped in this leg: they read other columns, and no data is lost with them.
 */
function bareColumns(
  before: TableSnapshot["columns"],
  after: TableSnapshot["columns"] | undefined,
): TableSnapshot["columns"] {
  if (after === undefined) return before;
  const staying = filterEntries(before, (name, { generated }) => name in after || !generated);
  return mapValues(staying, (column, name) => {
    const later = after[name] ?? column;
    const { default: value, identity, generated, ...bare } = column;
    return {
      ...bare,
      ...(value !== undefined && later.type === column.type ? { default: value } : {}),
      ...(identity !== undefined && later.identity !== undefined ? { identity } : {}),
      ...(generated !== undefined && later.generated !== undefined ? { generated } : {}),
    };
  });
}

/** Whether a rule mentions one of the columns. Where it is not clear the answer is yes: the rule is then recreated. */
function mentions(rule: unknown, columns: Columns): boolean {
  if (columns === undefined || columns.size === 0) return false;
  const words = JSON.stringify(rule).match(/\w+/g) ?? [];
  return words.some((word) => columns.has(word));
}

function withoutChangedViews(source: Snapshot, target: Snapshot): Snapshot {
  return { ...source, views: filterEntries(source.views, (name, view) => isEqual(view, target.views[name])) };
}

function bothOf(source: Snapshot, target: Snapshot, kinds: readonly string[]): Partial<Snapshot> {
  return Object.fromEntries(
    kinds.map((kind) => [kind, { ...(source[kind] as object), ...(target[kind] as object) }]),
  );
}

function withTables(
  snapshot: Snapshot,
  change: (table: TableSnapshot, key: string) => TableSnapshot,
): Snapshot {
  return { ...snapshot, tables: mapValues(snapshot.tables, change) };
}

function only<T>(record: Readonly<Record<string, T>>, keys: readonly string[]) {
  return filterEntries(record, (key) => keys.includes(key));
}
